import type { Terminal } from './terminal.ts'

const intervalMs = 100

/** One line on stderr that is written over and over, for a person who waits; silent unless stderr is a terminal. */
export class Progress {
  readonly #stream: Terminal['stderr']
  #shownAt = -Infinity
  #isShown = false

  constructor(stream: Terminal['stderr']) {
    this.#stream = stream
  }

  /** Shown at most ten times a second, unless it is urgent. */
  update(text: string, { isUrgent = false }: { readonly isUrgent?: boolean } = {}): void {
    const now = performance.now()
    if (this.#stream.isTTY !== true || (!isUrgent && now - this.#shownAt < intervalMs)) return
    this.#shownAt = now
    this.#isShown = true
    this.#stream.write(`\r\u001b[2K${text.slice(0, (this.#stream.columns ?? 80) - 1)}`)
  }

  /** Clears the line. */
  end(): void {
    if (this.#isShown) this.#stream.write('\r\u001b[2K')
    this.#isShown = false
  }
}
