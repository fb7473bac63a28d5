/**
 * How many retries all calls of one client may make together: a store that fails for everybody is not asked five times as often as one
 * that works. A retry costs one; each success gives back a tenth.
 */
export class RetryBudget {
  #left: number = mostRetries

  /** Takes a retry out; false if none is left. */
  spend(): boolean {
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  earn(): void {
    this.#left = Math.min(mostRetries, this.#left + 0.1)
  }
}

/** In a row, without any success between. */
const mostRetries = 100
