import { setImmediate } from 'node:timers/promises'

/** Calls between two turns of the event loop. */
const callsPerTurn = 64

/**
 * Calls that finish without waiting resume their callers by microtasks alone, and a loop of them would never let a timer or a socket
 * run. So every 64th call waits for the next turn of the event loop.
 */
export class FairTurns {
  #calls = 0

  /** Counts one call; true if it is to wait for the next turn. */
  isOver(): boolean {
    this.#calls += 1
    return this.#calls % callsPerTurn === 0
  }

  next(): Promise<void> {
    return setImmediate()
  }
}
