/**
 * The time of a store: whole milliseconds since 1970 on the clock of this host, but never below what was told before, by this process
 * or, through the row of the last revision, by any other that has committed.
 */
export class StoreClock {
  #latest = 0

  now(): number {
    this.#latest = Math.max(this.#latest, Date.now())
    return this.#latest
  }

  /** Another process was at this time when it committed. */
  raise(time: number): void {
    this.#latest = Math.max(this.#latest, time)
  }
}
