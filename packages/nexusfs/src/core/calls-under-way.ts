import { NexusError } from './errors.ts'

/** The lifecycle of something that is closed: calls that began before are waited for, later ones are refused. */
export class CallsUnderWay {
  readonly #calls = new Set<Promise<unknown>>()
  #isClosed = false

  /**
   * Counts the call as under way until it settles.
   * @throws {NexusError} Closed, outcome none, after `close`
   */
  async track<Result>(operation: string, call: () => Promise<Result>): Promise<Result> {
    this.refuseIfClosed(operation)
    const work = call()
    this.#calls.add(work)
    try {
      return await work
    } finally {
      this.#calls.delete(work)
    }
  }

  /**
   * @throws {NexusError} Closed, outcome none, after `close`
   */
  refuseIfClosed(operation: string): void {
    if (!this.#isClosed) return
    throw new NexusError('Closed', `${operation}: this is closed`, { advice: 'open it again', operation, outcome: 'none' })
  }

  /** Refuses calls from now on. */
  end(): void {
    this.#isClosed = true
  }

  /** Refuses calls from now on, and returns when those under way have settled. Idempotent. */
  async close(): Promise<void> {
    this.end()
    await Promise.allSettled(this.#calls)
  }
}
