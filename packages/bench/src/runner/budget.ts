/** Shares the time of a run among its workloads. All times in milliseconds. */
export class Budget {
  readonly #totalMs: number
  readonly #now: () => number
  readonly #started: number

  constructor(totalMs: number, now: () => number) {
    this.#totalMs = totalMs
    this.#now = now
    this.#started = now()
  }

  get elapsedMs(): number {
    return this.#now() - this.#started
  }

  get leftMs(): number {
    return Math.max(0, this.#totalMs - this.elapsedMs)
  }

  /** When the next of so many workloads that are still to come should be done: time that one left over goes to those behind it. */
  deadlineOfNext(workloadsLeft: number): number {
    return this.#now() + this.leftMs / Math.max(1, workloadsLeft)
  }

  /** True once the run is so late that the workloads still to come are left out. */
  get isOverrun(): boolean {
    return this.elapsedMs > this.#totalMs * 1.12
  }
}
