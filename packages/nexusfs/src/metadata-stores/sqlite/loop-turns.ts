/** Longest stretch of work, in ms, between two turns of the event loop. */
const stretchMs = 2

/**
 * Knows when the event loop last turned. Calls that end without waiting resume their callers by microtasks alone, and a loop of such
 * calls would never let a timer or a socket run: so who is overdue waits for the next turn.
 */
export class LoopTurns {
  #since = 0
  #turn: Promise<void> | undefined

  /** Call where work begins. True if work has gone on for 2 ms without a turn: then wait for `next`. */
  isOverdue(): boolean {
    if (this.#turn !== undefined) return performance.now() - this.#since >= stretchMs
    this.#since = performance.now()
    this.#turn = new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined
        resolve()
      })
    })
    return false
  }

  /** Ends once the loop has turned; to be called after `isOverdue`. */
  next(): Promise<void> {
    return this.#turn ?? Promise.resolve()
  }
}
