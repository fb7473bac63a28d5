import { NexusError } from '../core/errors.ts'

/** Bounds how much is under way at once, such as open files or requests; what comes later waits, first come, first served. */
export class Permits {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /**
   * Waits for a permit; `release` gives it back.
   * @throws {NexusError} Aborted if the signal fires first
   */
  acquire(operation: string, signal?: AbortSignal): Promise<void> {
    if (this.tryAcquire()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const grant = (): void => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const abort = (): void => {
        this.#waiting.delete(grant)
        reject(new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, cause: signal?.reason }))
      }
      this.#waiting.add(grant)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Takes a permit if one is free now. */
  tryAcquire(): boolean {
    if (this.#free === 0) return false
    this.#free -= 1
    return true
  }

  release(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free += 1
      return
    }
    this.#waiting.delete(next)
    next()
  }

  /** Runs the work under a permit. */
  async run<Value>(operation: string, signal: AbortSignal | undefined, work: () => Promise<Value>): Promise<Value> {
    await this.acquire(operation, signal)
    try {
      return await work()
    } finally {
      this.release()
    }
  }
}
