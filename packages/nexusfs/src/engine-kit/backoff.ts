import { type Random, systemRandom } from '../core/system.ts'

/** Pauses that double from the first to the longest, in ms. */
export interface BackoffPlan {
  readonly firstMs: number
  readonly longestMs: number
  /** Default: the system's. */
  readonly random?: Pick<Random, 'fraction'>
}

/**
 * Exponential back-off: how long to pause between attempts, longer from time to time, half as long to one and a half times as long by
 * chance, so that those who met do not meet again and again.
 */
export class Backoff {
  readonly #plan: BackoffPlan
  #attempts = 0

  constructor(plan: BackoffPlan) {
    this.#plan = plan
  }

  /** Milliseconds until the next attempt. */
  next(): number {
    const { firstMs, longestMs, random = systemRandom } = this.#plan
    const pause = Math.min(longestMs, firstMs * 2 ** this.#attempts)
    this.#attempts += 1
    return pause * (0.5 + random.fraction())
  }

  /** After an attempt that succeeded: the next pause is a first one again. */
  reset(): void {
    this.#attempts = 0
  }
}
