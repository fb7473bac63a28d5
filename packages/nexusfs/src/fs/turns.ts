import { orAborted, refuseIfAborted } from '../core/abort.ts'

/** How long others wait for work that has begun, in milliseconds; then they go on beside it. */
const longestTurnMs = 1000

/**
 * Lets callers in one process take turns on a path. It saves them retries; what keeps writers apart is the commit. So nobody waits for
 * long: work that takes its time, or that waits for those behind it, loses its turn.
 */
export class Turns {
  readonly #last = new Map<string, Turn>()

  /**
   * Runs `work` after all work that was handed in before for the same name, unless that takes too long.
   * @throws {NexusError} Aborted, outcome none, if the caller cancels before the work is begun
   */
  async take<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last.get(name)
    const mine = new Turn()
    this.#last.set(name, mine)
    try {
      if (before !== undefined) await this.#waitFor(before, mine, signal)
      mine.begin()
      return await work()
    } finally {
      mine.end()
      if (this.#last.get(name) === mine) this.#leave(name, mine.before)
    }
  }

  /** True if work for this name is under way, or waits. */
  isTaken(name: string): boolean {
    return this.#last.has(name)
  }

  #leave(name: string, before: Turn | undefined): void {
    if (before === undefined || before.isOver) this.#last.delete(name)
    else this.#last.set(name, before)
  }

  /** Who leaves the queue hands those behind on to those before. */
  async #waitFor(before: Turn, mine: Turn, signal: AbortSignal | undefined): Promise<void> {
    try {
      await orAborted(() => before.over(), signal, 'write')
    } catch {
      mine.before = before
    }
    refuseIfAborted(signal, 'write')
  }
}

/** One caller's turn. At most one other waits for it directly. */
class Turn {
  /** Whoever waits for this turn, waits for that one. */
  before: Turn | undefined
  isOver = false
  #over: PromiseWithResolvers<void> | undefined
  #begunAt: number | undefined
  #timer: NodeJS.Timeout | undefined

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
    const left = (this.#begunAt ?? 0) + longestTurnMs - performance.now()
    this.#timer = setTimeout(() => this.#finish(), Math.max(0, left))
  }

  #finish(): void {
    this.isOver = true
    clearTimeout(this.#timer)
    this.#over?.resolve()
  }
}
