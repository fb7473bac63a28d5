import { NexusError, type Outcome } from '../core/errors.ts'
import { type StallAwareTimer, stallAwareTimer } from './event-loop.ts'

interface Waiter<Item> {
  readonly item: Item
  readonly since: number
}

/**
 * Those who wait for their turn, first come, first served; a step costs the same however many wait. As long as the line moves, everybody
 * stays in it; who has waited for `patienceMs` in which it did not move is given up.
 */
export class WaitingLine<Item> {
  readonly #patienceMs: number
  readonly #giveUp: (item: Item, waitedMs: number) => void
  readonly #waiters = new Fifo<Waiter<Item>>()
  #movedAt = Number.NEGATIVE_INFINITY
  #timer: StallAwareTimer | undefined

  /**
   * @param patienceMs infinite: nobody is given up, and no timer runs
   * @param giveUp told of each that is given up, with the milliseconds since it came
   */
  constructor(patienceMs: number, giveUp: (item: Item, waitedMs: number) => void) {
    this.#patienceMs = patienceMs
    this.#giveUp = giveUp
  }

  get size(): number {
    return this.#waiters.size
  }

  get first(): Item | undefined {
    return this.#waiters.first?.item
  }

  push(item: Item): void {
    this.#waiters.push({ item, since: this.#isPatient ? 0 : performance.now() })
    if (this.#timer === undefined) this.#watch(this.#patienceMs)
  }

  /** Takes the first out; `undefined` if nobody waits. */
  shift(): Item | undefined {
    const waiter = this.#waiters.shift()
    if (this.size === 0) this.#rest()
    return waiter?.item
  }

  /** Puts back those who were taken out before their time, in front of all others. */
  putBack(items: readonly Item[]): void {
    const since = performance.now()
    this.#waiters.putBack(items.map((item) => ({ item, since })))
    if (this.size > 0 && this.#timer === undefined) this.#watch(this.#patienceMs)
  }

  /** Somebody was served: the patience of all begins anew. */
  moved(): void {
    if (!this.#isPatient) this.#movedAt = performance.now()
  }

  get #isPatient(): boolean {
    return this.#patienceMs === Number.POSITIVE_INFINITY
  }

  #watch(ms: number): void {
    if (this.#isPatient) return
    this.#timer = stallAwareTimer(ms, () => {
      this.#timer = undefined
      this.#giveUpTheLate()
    })
  }

  /** Not too many in one turn of the event loop. */
  #giveUpTheLate(): void {
    for (let count = 0; count < mostInOneTurn; count++) {
      const waiter = this.#waiters.first
      if (waiter === undefined) return
      const now = performance.now()
      const left = Math.max(waiter.since, this.#movedAt) + this.#patienceMs - now
      if (left > 0) {
        this.#watch(left)
        return
      }
      this.shift()
      this.#giveUp(waiter.item, now - waiter.since)
    }
    if (this.size > 0 && this.#timer === undefined) this.#watch(0)
  }

  #rest(): void {
    this.#timer?.clear()
    this.#timer = undefined
  }
}

const mostInOneTurn = 1_000

/** One caller's list of items on its way. */
export class QueuedCall<Item, Result> {
  /** Items of it in the group that it is in. */
  count = 0
  /** True once the group has taken them: then nobody knows yet. */
  isUnderWay = false
  hasEnded = false
  readonly #addedAt = performance.now()
  #sentAt: number | undefined
  readonly #items: readonly Item[]
  readonly #results: Result[] = []
  readonly #operation: string
  readonly #signal: AbortSignal | undefined
  readonly #abort: (() => void) | undefined
  /** Items up to this one go without those of other calls, so many at a time. */
  #apartUntil = 0
  #apartStep = 0
  readonly #settled = Promise.withResolvers<readonly Result[]>()

  constructor(items: readonly Item[], operation: string, signal: AbortSignal | undefined) {
    this.#items = items
    this.#operation = operation
    this.#signal = signal
    if (signal === undefined) return
    this.#abort = () => this.#cancel(signal)
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  get promise(): Promise<readonly Result[]> {
    return this.#settled.promise
  }

  get ageMs(): number {
    return performance.now() - this.#addedAt
  }

  /** When it was first about to be sent: now, unless it was before. */
  sentBy(now: number): number {
    this.#sentAt ??= now
    return this.#sentAt
  }

  /** True once results of it are known. */
  get isBegun(): boolean {
    return this.#results.length > 0
  }

  /** Items without a result. */
  get left(): number {
    return this.#items.length - this.#results.length
  }

  get isApart(): boolean {
    return this.#results.length < this.#apartUntil
  }

  /** Of a group of several calls, `step` is all that was in it. */
  setApart(step: number): void {
    this.#apartUntil = this.#results.length + this.count
    this.#apartStep = step
  }

  /** So many of the next items fit; the first one of a group always does. */
  countFitting(hasRoom: (item: Item) => boolean, isFirst: boolean): number {
    const most = this.isApart ? this.#apartStep : this.left
    const from = this.#results.length
    for (let count = 0; count < most; count++) {
      const item = this.#items[from + count]
      if (item === undefined || (!hasRoom(item) && !(isFirst && count === 0))) return count
    }
    return most
  }

  /** Takes part in a group that is being sent, unless the caller has gone. */
  moveTo(items: Item[]): void {
    this.isUnderWay = !this.hasEnded
    if (this.hasEnded) this.count = 0
    const from = this.#results.length
    for (let index = from; index < from + this.count; index++) {
      const item = this.#items[index]
      if (item !== undefined) items.push(item)
    }
  }

  push(results: readonly Result[], from: number, to: number): void {
    if (this.hasEnded) return
    for (let index = from; index < to; index++) {
      const result = results[index]
      if (result !== undefined) this.#results.push(result)
    }
    if (this.left > 0) return
    this.#end()
    this.#settled.resolve(this.#results)
  }

  reject(error: unknown): void {
    if (this.hasEnded) return
    this.#end()
    this.#settled.reject(error)
  }

  #end(): void {
    this.hasEnded = true
    if (this.#abort !== undefined) this.#signal?.removeEventListener('abort', this.#abort)
  }

  #cancel({ reason }: AbortSignal): void {
    const operation = this.#operation
    const outcome: Outcome = this.isUnderWay || this.isBegun ? 'unknown' : 'none'
    this.reject(new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, outcome, cause: reason }))
  }
}

/** Items taken before the room in front of the queue is given back. */
const mostTaken = 1_024

/** First in, first out; a step costs the same however many wait, also where items that were taken out are put back. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  /** Where the first is; those before it have gone. */
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  /** Takes the first out; `undefined` if there is none. */
  shift(): Item | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head >= mostTaken && this.#head * 2 >= this.#items.length) this.#moveTo(this.#items.slice(this.#head))
    return item
  }

  /** Puts items in front of all others, in their order: into the room that was left when they were taken, if that is still there. */
  putBack(items: readonly Item[]): void {
    if (items.length > this.#head) {
      this.#moveTo([...items, ...this.#items.slice(this.#head)])
      return
    }
    this.#head -= items.length
    for (const [index, item] of items.entries()) this.#items[this.#head + index] = item
  }

  #moveTo(items: (Item | undefined)[]): void {
    this.#items = items
    this.#head = 0
  }
}
