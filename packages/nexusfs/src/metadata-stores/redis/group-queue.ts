import { NexusError } from '../../core/errors.ts'
import { WaitingLine } from '../../engine-kit/waiting-line.ts'
import type { Call } from './call.ts'

/** How much goes into one script: large enough to share its cost, small enough not to hold up the server's other clients. */
export interface GroupLimits {
  /** Requests. */
  readonly count: number
  readonly bytes: number
  /** Keys that the server looks at or writes, roughly. */
  readonly weight: number
}

/** Requests of one caller that travel together. */
export interface Part {
  readonly packed: readonly Buffer[]
  readonly bytes: number
  readonly weight: number
}

/**
 * What sends a group: when it is about to, and not before, it takes the packed requests; those whose callers have gone are then left
 * out. From that moment on the outcome of a failure is unknown. One result for each, in order.
 */
export type SendGroup<Result> = (take: () => readonly Buffer[]) => Promise<readonly Result[]>

interface Batch<Result> extends Part {
  isSent: boolean
  isOver: boolean
  readonly resolve: (results: readonly Result[]) => void
  readonly reject: (error: unknown) => void
}

/** Scripts under way at a time: while the server runs one, the next is on its way; more would only make smaller groups. */
const scriptsUnderWay = 2

/**
 * So many callers that come at once are served in two scripts: while the server runs the one, the callers of the other go on. Fewer
 * gain less by that than a second script, and its fsync, costs.
 */
const splitCallers = 8

/** How a queue serves its callers. */
export interface GroupPlan<Result> {
  readonly limits: GroupLimits
  readonly send: SendGroup<Result>
  /** A caller who has waited for so long, while the server answered nobody, is given up. */
  readonly patienceMs: number
}

/** Gathers the requests of concurrent callers, so that one script serves many. */
export class GroupQueue<Result> {
  readonly #plan: GroupPlan<Result>
  readonly #waiting: WaitingLine<Batch<Result>>
  #underWay = 0
  #isScheduled = false

  constructor(plan: GroupPlan<Result>) {
    this.#plan = plan
    this.#waiting = new WaitingLine(plan.patienceMs, (batch, waitedMs) => batch.reject(unserved(waitedMs)))
  }

  /**
   * The results of one part, in order. A part above the limits travels alone.
   * @throws {NexusError} with the outcome `none` only if it was not sent or was refused
   */
  add(part: Part, call: Call): Promise<readonly Result[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Result[]>()
    const batch: Batch<Result> = { ...part, isSent: false, isOver: false, resolve, reject }
    this.#waiting.push(batch)
    this.#schedule()
    return call.orCancelled(promise, () => {
      batch.isOver = true
      return batch.isSent ? 'unknown' : 'none'
    })
  }

  /** Once the callers of this turn of the event loop have all come. */
  #schedule(): void {
    if (this.#isScheduled || this.#underWay >= scriptsUnderWay) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#underWay < scriptsUnderWay) {
      const group = this.#takeGroup()
      if (group.length === 0) return
      void this.#run(group)
    }
  }

  #takeGroup(): Batch<Result>[] {
    const group: Batch<Result>[] = []
    const size = { count: 0, bytes: 0, weight: 0 }
    const { size: waiting } = this.#waiting
    const isSplit = this.#underWay === 0 && waiting >= splitCallers
    const most = isSplit ? Math.ceil(waiting / 2) : waiting
    for (let taken = 0; taken < most; taken++) {
      const batch = this.#waiting.first
      if (batch === undefined || (group.length > 0 && isAbove(size, batch, this.#plan.limits))) break
      this.#waiting.shift()
      if (batch.isOver) continue
      group.push(batch)
      size.count += batch.packed.length
      size.bytes += batch.bytes
      size.weight += batch.weight
    }
    return group
  }

  async #run(group: readonly Batch<Result>[]): Promise<void> {
    this.#underWay += 1
    try {
      await this.#serve(group)
    } finally {
      this.#underWay -= 1
      if (this.#waiting.size > 0) this.#schedule()
    }
  }

  async #serve(group: readonly Batch<Result>[]): Promise<void> {
    let sent: readonly Batch<Result>[] = []
    const take = (): readonly Buffer[] => {
      sent = group.filter((batch) => !batch.isOver)
      for (const batch of sent) batch.isSent = true
      return sent.flatMap((batch) => batch.packed)
    }
    try {
      const results = await this.#plan.send(take)
      this.#waiting.moved()
      deliver(sent, results)
    } catch (error) {
      for (const batch of group) batch.reject(error)
    }
  }
}

/** Not the server's fault alone: the caller was behind others of this process. */
function unserved(waitedMs: number): NexusError {
  const waited = `${Math.round(waitedMs)} ms behind other calls of this process, and Redis answered none of them`
  return new NexusError('Timeout', `redis: not sent: waited ${waited}`, {
    advice: 'is it overloaded or cut off?',
    outcome: 'none',
  })
}

/** True if a group of that size has no room for the part. */
export function isAbove(size: GroupLimits, part: Part, limits: GroupLimits): boolean {
  return (
    size.count + part.packed.length > limits.count ||
    size.bytes + part.bytes > limits.bytes ||
    size.weight + part.weight > limits.weight
  )
}

/**
 * Each batch gets as many results as it had requests.
 * @throws {NexusError} Unexpected if there are more or fewer
 */
function deliver<Result>(batches: readonly Batch<Result>[], results: readonly Result[]): void {
  const wanted = batches.reduce((sum, batch) => sum + batch.packed.length, 0)
  if (results.length !== wanted) throw new NexusError('Unexpected', `redis: ${results.length} results for ${wanted} requests`)
  let next = 0
  for (const batch of batches) {
    const end = next + batch.packed.length
    batch.resolve(results.slice(next, end))
    next = end
  }
}
