import { NexusError, type Outcome } from '../core/errors.ts'

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
