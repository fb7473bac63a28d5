import { isNexusError, NexusError } from '../core/errors.ts'
import { QueuedCall, WaitingLine } from './waiting-line.ts'

/** How an engine takes groups of items, such as commits. */
export interface GroupQueuePlan<Item, Result> {
  /** The port call, for errors. */
  readonly operation: string
  /** So many groups are under way at once at most. */
  readonly lanes: number
  /**
   * Begins a group: the function counts one item more, and says whether there is room for it. The first item of a group is always in it,
   * so that one above every limit travels alone.
   */
  room(): (item: Item) => boolean
  /**
   * Sends a group. It asks for the items when it is about to, and not before. What it throws is an outcome, too: that of every caller.
   */
  send(group: Group<Item>): GroupOutcome<Result> | Promise<GroupOutcome<Result>>
  /** Calls `flush` once callers who belong together have had time to come. */
  schedule(flush: () => void, moment: Moment): void
  /** The result of an item that failed and did nothing; if absent, its call rejects. */
  failed?(error: NexusError): Result
  /** Gives up calls that have waited so long in a line that did not move. Default: never. */
  readonly patience?: { readonly ms: number; unserved(waitedMs: number): NexusError }
  /** Where all lanes are held up for so long, one more is opened, up to so many. */
  readonly spare?: { readonly afterMs: number; readonly lanes: number }
  /** So many calls that come at once, or more, are sent in two groups. Default: never. */
  readonly splitFrom?: number
}

/** What is known when a flush is scheduled. */
export interface Moment {
  /** Nothing is under way, and one call waits. */
  readonly isLone: boolean
  /** A group has just ended, and others wait behind it. */
  readonly isNext: boolean
}

/** Items that travel together. */
export interface Group<Item> {
  /** How many calls they come from. */
  readonly calls: number
  /** When the first of these calls was first about to be sent (and this was asked), on the scale of `performance.now()`. */
  readonly since: number
  /**
   * The items, without those whose callers have cancelled meanwhile; from now on the outcome of a failure is unknown to the callers.
   * Asked again, it may have fewer.
   */
  take(): readonly Item[]
}

/** What became of a group. */
export type GroupOutcome<Result> =
  /** One result for each item that was taken, in order. */
  | { readonly kind: 'done'; readonly results: readonly Result[] }
  /** Results of the first ones, at least of one; the others were not tried, and are sent again. */
  | { readonly kind: 'begun'; readonly results: readonly Result[] }
  /** Nothing was applied: each is tried without the others. An item that was alone has failed. */
  | { readonly kind: 'apart'; readonly error: NexusError }
  /** Nothing was applied: the same again after a pause, except for calls that are older than so many ms. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly giveUp: { readonly ms: number; readonly error: NexusError } }
  /** Every caller is told. */
  | { readonly kind: 'failed'; readonly error: unknown }

/**
 * Group commit: while the lanes are busy, calls gather, and the next free lane takes as many of their items as fit into one group. So
 * one round trip, and one flush of a log, serve them all. The items of one call are sent in order, never two groups of them at a time.
 */
export class GroupQueue<Item, Result> {
  readonly #plan: GroupQueuePlan<Item, Result>
  readonly #waiting: WaitingLine<QueuedCall<Item, Result>>
  readonly #onIdle: (() => void)[] = []
  #busy = 0
  #isScheduled = false
  #isPaused = false
  #stall: NodeJS.Timeout | undefined

  constructor(plan: GroupQueuePlan<Item, Result>) {
    const { patience } = plan
    this.#plan = plan
    this.#waiting = new WaitingLine(patience?.ms ?? Number.POSITIVE_INFINITY, (call, waitedMs) => {
      if (patience !== undefined) this.#fail(call, patience.unserved(waitedMs))
    })
  }

  /**
   * The results of the items, in order.
   * @param items at least one
   * @throws {NexusError} with the outcome `none` only if nothing of them was applied; Aborted if the caller cancels
   */
  add(items: readonly Item[], signal: AbortSignal | undefined): Promise<readonly Result[]> {
    const call = new QueuedCall<Item, Result>(items, this.#plan.operation, signal)
    this.#waiting.push(call)
    this.#continue(false)
    return call.promise
  }

  /** Ends once nothing waits and nothing is under way. */
  idle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  /** No group begins until `resume`. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#continue(true)
  }

  get #isIdle(): boolean {
    return this.#busy === 0 && this.#waiting.size === 0
  }

  /** Sees to it that those who wait are sent. */
  #continue(isNext: boolean): void {
    if (this.#waiting.size === 0 || this.#isScheduled || this.#isPaused) return
    if (this.#busy >= this.#plan.lanes) {
      this.#watchForStall()
      return
    }
    this.#isScheduled = true
    this.#plan.schedule(this.#flush, { isLone: this.#busy === 0 && this.#waiting.size === 1, isNext })
  }

  readonly #flush = (): void => {
    this.#isScheduled = false
    // A group that ends at once schedules what comes behind it: the event loop turns in between.
    while (!this.#isScheduled && !this.#isPaused && this.#busy < this.#plan.lanes && this.#waiting.size > 0) this.#startLane()
    this.#watchForStall()
    this.#rest()
  }

  /** Callers elsewhere can hold up every lane; one more then carries on with what they do not touch. */
  #watchForStall(): void {
    const { spare } = this.#plan
    if (spare === undefined || this.#stall !== undefined || this.#waiting.size === 0 || this.#busy >= spare.lanes) return
    this.#stall = setTimeout(() => {
      this.#stall = undefined
      if (this.#waiting.size > 0 && this.#busy < spare.lanes) this.#startLane()
      this.#watchForStall()
    }, spare.afterMs)
  }

  #startLane(): void {
    const group = this.#takeGroup()
    if (group.calls === 0) return
    this.#busy += 1
    const outcome = this.#send(group)
    if (outcome instanceof Promise) void outcome.then((late) => this.#settle(group, late))
    else this.#settle(group, outcome)
  }

  #send(group: SentGroup<Item, Result>): GroupOutcome<Result> | Promise<GroupOutcome<Result>> {
    try {
      const outcome = this.#plan.send(group)
      return outcome instanceof Promise ? outcome.catch((error: unknown) => ({ kind: 'failed', error })) : outcome
    } catch (error) {
      return { kind: 'failed', error }
    }
  }

  /** Those who wait, in order; calls that have ended meanwhile are left out, and one that is to be tried alone goes alone. */
  #takeGroup(): SentGroup<Item, Result> {
    const group = new SentGroup<Item, Result>()
    const hasRoom = this.#plan.room()
    const { size } = this.#waiting
    const isSplit = this.#busy === 0 && size >= (this.#plan.splitFrom ?? Number.POSITIVE_INFINITY)
    for (let left = isSplit ? Math.ceil(size / 2) : size; left > 0; left--) {
      const call = this.#waiting.first
      if (call === undefined) break
      if (!call.hasEnded) {
        const isFirst = group.calls === 0
        if (!isFirst && call.isApart) break
        const count = call.countFitting(hasRoom, isFirst)
        if (count === 0) break
        group.add(call, count)
      }
      this.#waiting.shift()
      if (!call.hasEnded && (call.isApart || call.count < call.left)) break
    }
    return group
  }

  #settle(group: SentGroup<Item, Result>, outcome: GroupOutcome<Result>): void {
    if (this.#stall !== undefined) clearTimeout(this.#stall)
    this.#stall = undefined
    for (const call of group.all) call.isUnderWay = false
    if (outcome.kind === 'again') {
      for (const call of group.all) if (call.ageMs >= outcome.giveUp.ms) this.#fail(call, outcome.giveUp.error)
      this.#putBack(group)
      setTimeout(() => this.#leave(), outcome.afterMs)
      return
    }
    if (outcome.kind === 'failed') for (const call of group.all) this.#fail(call, outcome.error)
    else if (outcome.kind === 'apart') this.#separate(group, outcome.error)
    else this.#deliver(group, outcome)
    this.#leave()
  }

  #leave(): void {
    this.#busy -= 1
    this.#continue(true)
    this.#rest()
  }

  #rest(): void {
    if (this.#onIdle.length === 0 || !this.#isIdle) return
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #deliver(
    group: SentGroup<Item, Result>,
    { kind, results }: GroupOutcome<Result> & { readonly results: readonly Result[] },
  ): void {
    const isRight = kind === 'done' ? results.length === group.size : results.length > 0 && results.length <= group.size
    if (!isRight) {
      const { operation } = this.#plan
      const text = `${operation}: ${results.length} results for ${group.size} requests`
      const error = new NexusError('Unexpected', text, { operation, outcome: 'unknown' })
      for (const call of group.all) this.#fail(call, error)
      return
    }
    this.#waiting.moved()
    let next = 0
    for (const call of group.all) {
      call.push(results, next, Math.min(next + call.count, results.length))
      next += call.count
    }
    this.#putBack(group)
  }

  #separate(group: SentGroup<Item, Result>, error: NexusError): void {
    const [first] = group.all
    if (group.calls > 1) for (const call of group.all) call.setApart(call.count)
    else if (first !== undefined && first.count > 1) first.setApart(1)
    else if (first !== undefined && this.#plan.failed !== undefined) first.push([this.#plan.failed(error)], 0, 1)
    else first?.reject(error)
    this.#putBack(group)
  }

  #putBack({ all }: SentGroup<Item, Result>): void {
    if (all.every((call) => call.hasEnded)) return
    this.#waiting.putBack(all.filter((call) => !call.hasEnded))
  }

  /** Where groups before it were applied, and this one surely was not, the caller learns which. */
  #fail(call: QueuedCall<Item, Result>, error: unknown): void {
    const { failed } = this.#plan
    if (!call.isBegun || !isNexusError(error) || error.outcome !== 'none') call.reject(error)
    else if (failed === undefined) call.reject(error.with({ outcome: 'unknown', cause: error.cause }))
    else
      call.push(
        Array.from({ length: call.left }, () => failed(error)),
        0,
        call.left,
      )
  }
}

class SentGroup<Item, Result> implements Group<Item> {
  readonly all: QueuedCall<Item, Result>[] = []
  /** Items that were taken. */
  size = 0

  get since(): number {
    const now = performance.now()
    let since = now
    for (const call of this.all) since = Math.min(since, call.sentBy(now))
    return since
  }

  get calls(): number {
    return this.all.length
  }

  add(call: QueuedCall<Item, Result>, count: number): void {
    call.count = count
    this.all.push(call)
  }

  take(): readonly Item[] {
    const items: Item[] = []
    for (const call of this.all) call.moveTo(items)
    this.size = items.length
    return items
  }
}
