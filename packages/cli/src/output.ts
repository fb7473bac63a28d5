import { once } from 'node:events'
import picocolors from 'picocolors'
import type { OutputStream } from './terminal.ts'

export type Colours = ReturnType<typeof picocolors.createColors>

/** The reader of our output has gone: nothing more can be said, and nothing is wrong. */
export class OutputClosed extends Error {}

/** Answers of a command, with back-pressure: memory stays bounded however slow the reader is. */
export class Output {
  readonly colours: Colours
  readonly isTerminal: boolean
  readonly #stream: OutputStream
  #isClosed = false

  constructor(stream: OutputStream, env: Readonly<Record<string, string | undefined>>) {
    this.#stream = stream
    this.isTerminal = stream.isTTY === true
    this.colours = picocolors.createColors(this.isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb')
    stream.on('error', () => {
      this.#isClosed = true
    })
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`)
  }

  json(value: unknown): Promise<void> {
    return this.line(JSON.stringify(value))
  }

  /**
   * Resolves when the stream takes more.
   * @throws {OutputClosed} if its reader has gone
   */
  async write(content: string | Uint8Array): Promise<void> {
    if (this.#isClosed) throw new OutputClosed()
    if (this.#stream.write(content)) return
    await once(this.#stream, 'drain').catch(() => {
      throw new OutputClosed()
    })
  }
}
