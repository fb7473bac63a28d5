import { once } from 'node:events'
import { type ErrorCode, NexusError } from 'nexusfs/errors'
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
  /** True once something was said about a change that is made whether it can be said or not. */
  tellsOfChange = false
  #failure: NodeJS.ErrnoException | undefined

  constructor(stream: OutputStream, env: Readonly<Record<string, string | undefined>>) {
    this.#stream = stream
    this.isTerminal = stream.isTTY === true
    this.colours = picocolors.createColors(this.isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb')
    stream.on('error', (error) => {
      this.#failure ??= error
    })
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`)
  }

  json(value: unknown): Promise<void> {
    return this.line(JSON.stringify(value))
  }

  /** For those who cannot wait, such as the writer of the help; `finish` tells whether it arrived. */
  print(text: string): void {
    this.#stream.write(text)
  }

  /**
   * Resolves when the stream takes more.
   * @throws {OutputClosed} if its reader has gone
   * @throws {NexusError} NoSpace, or another code, if the output cannot be written
   */
  async write(content: string | Uint8Array): Promise<void> {
    this.#check()
    if (this.#stream.write(content)) return
    await once(this.#stream, 'drain').catch(() => this.#check())
  }

  /**
   * Resolves when all output is written: a full disk is met only after `write` has returned.
   * @throws as `write`
   */
  async finish(): Promise<void> {
    this.#check()
    if (this.#stream.writableLength > 0) await new Promise<void>((resolve) => void this.#stream.write('', () => resolve()))
    this.#check()
  }

  #check(): void {
    if (this.#failure === undefined) return
    throw readerGone.has(this.#failure.code ?? '') ? new OutputClosed() : outputError(this.#failure, this.tellsOfChange)
  }
}

/** What a pipe and a socket say when nobody reads them any more. */
const readerGone: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET'])

const codes: Readonly<Record<string, ErrorCode>> = { ENOSPC: 'NoSpace', EDQUOT: 'QuotaExceeded', EROFS: 'ReadOnly' }

const problems: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left there',
  EDQUOT: 'the quota there is used up',
  EFBIG: 'a limit of file sizes is reached',
  EROFS: 'it takes no writes',
  EIO: 'the device fails',
  EBADF: 'it is not open for writing',
}

function outputError(cause: NodeJS.ErrnoException, tellsOfChange: boolean): NexusError {
  const reason = cause.code ?? cause.message
  const code = codes[reason] ?? 'Unavailable'
  const problem = `standard output cannot be written: ${problems[reason] ?? reason}`
  if (tellsOfChange) {
    const message = `the change is made, its report is lost: ${problem}`
    return new NexusError(code, message, { advice: `\`nexus ls\` and \`nexus stat\` show what is there`, cause, retry: 'never' })
  }
  const advice = code === 'NoSpace' ? 'free some and run it again' : 'send it elsewhere and run it again'
  return new NexusError(code, `the output is incomplete: ${problem}`, { advice, cause })
}
