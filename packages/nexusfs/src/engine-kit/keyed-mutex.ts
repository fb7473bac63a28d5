import { throwIfAborted } from '../core/errors.ts'
import { orAborted } from './deadline.ts'

/** How a mutex treats those who wait. */
export interface KeyedMutexOptions {
  /** What those who cancel are told that they have cancelled. */
  readonly operation: string
  /** How long others wait for work that has begun, in milliseconds; then they go on beside it. Default: as long as it takes. */
  readonly longestTurnMs?: number
}

/**
 * Lets callers in one process take turns on a key, in the order they came; work for other keys does not wait. Where turns only save
 * retries, since something else keeps the callers apart, `longestTurnMs` lets nobody wait for long: work that takes its time, or that
 * waits for those behind it, loses its turn.
 */
export class KeyedMutex {
  readonly #operation: string
  readonly #longestTurnMs: number
  readonly #last = new Map<string, Turn>()

  constructor({ operation, longestTurnMs = Number.POSITIVE_INFINITY }: KeyedMutexOptions) {
    this.#operation = operation
    this.#longestTurnMs = longestTurnMs
  }

  /**
   * Runs `work` after all work that was handed in before for the same key, unless that takes too long.
   * @throws {NexusError} Aborted, outcome none, if the caller cancels before the work is begun
   */
  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last.get(key)
    const mine = new Turn(this.#longestTurnMs)
    this.#last.set(key, mine)
    try {
      if (before !== undefined) await this.#waitFor(before, mine, signal)
      mine.begin()
      return await work()
    } finally {
      mine.end()
      if (this.#last.get(key) === mine) this.#leave(key, mine.before)
    }
  }

  /** True if work for this key is under way, or waits. */
  isTaken(key: string): boolean {
    return this.#last.has(key)
  }

  #leave(key: string, before: Turn | undefined): void {
    if (before === undefined || before.isOver) this.#last.delete(key)
    else this.#last.set(key, before)
  }

  /** Who leaves the queue hands those behind on to those before. */
  async #waitFor(before: Turn, mine: Turn, signal: AbortSignal | undefined): Promise<void> {
    try {
      await orAborted(() => before.over(), signal, this.#operation)
    } catch {
      mine.before = before
    }
    throwIfAborted(signal, this.#operation, 'none')
  }
}

/** One caller's turn. At most one other waits for it directly. */
class Turn {
  /** Callers that wait for this turn wait for that one. */
  before: Turn | undefined
  readonly #longestMs: number
  isOver = false
  #over: PromiseWithResolvers<void> | undefined
  #begunAt: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(longestMs: number) {
    this.#longestMs = longestMs
  }

  begin(): void {
    this.#begunAt = performance.now()
    if (this.#over !== undefined) this.#limit()
  }

  end(): void {
    if (this.before === undefined || this.#over === undefined) this.#finish()
    else void this.before.over().then(() => this.#finish())
  }

  /** Resolves when the work has ended, or has had its time. */
  over(): Promise<void> {
    if (this.isOver) return Promise.resolve()
    if (this.#over === undefined) {
      this.#over = Promise.withResolvers()
      if (this.#begunAt !== undefined) this.#limit()
    }
    return this.#over.promise
  }

  #limit(): void {
    if (this.#longestMs === Number.POSITIVE_INFINITY) return
    const left = (this.#begunAt ?? 0) + this.#longestMs - performance.now()
    this.#timer = setTimeout(() => this.#finish(), Math.max(0, left))
  }

  #finish(): void {
    this.isOver = true
    clearTimeout(this.#timer)
    this.#over?.resolve()
  }
}
