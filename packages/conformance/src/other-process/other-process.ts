import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { LawBroken } from '../expect.ts'
import type { SubjectModule } from '../law.ts'
import { type Numbered, type OtherReply, type OtherRequest, receivedError, urlOf } from './messages.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

const idleMs = 5_000

/**
 * A process that opens the namespaces of a subject and works there while this one does. It never keeps this process alive, and ends with it.
 */
export class OtherProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #requests = 0
  #hasEnded = false
  #idle: NodeJS.Timeout | undefined
  /** The end of what it wrote to standard error. */
  #said = ''

  /**
   * @param words in front of the command: a program that watches it
   * @throws {LawBroken} if it cannot be started, or cannot load the subject
   */
  static async start(subject: SubjectModule, words: readonly string[] = []): Promise<OtherProcess> {
    const started = new OtherProcess(words)
    try {
      await started.#ask({ kind: 'load', module: urlOf(subject), options: subject.options })
    } catch (error) {
      started.end()
      throw error
    }
    return started
  }

  private constructor(words: readonly string[]) {
    this.#child = startChild(words)
    this.#child.on('message', ({ id, message }: Numbered<OtherReply>) => this.#settle(id, message))
    this.#child.on('error', (error) => this.#fail(`it cannot be started: ${error.message}`))
    this.#child.on('exit', (code, signal) => this.#fail(`it ended (${signal ?? `exit ${code}`})`))
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#said = (this.#said + text.toString()).slice(-2_000)
    })
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /**
   * Calls a function of the module's `works` with a client of the namespace, and then the arguments, which survive structured clone.
   * @throws what the function threw: NexusError, LawBroken, or a LawBroken that tells of anything else
   */
  run(namespace: string, module: string, work: string, args: readonly unknown[]): Promise<unknown> {
    return this.#ask({ kind: 'run', namespace, module, work, args })
  }

  /** Closes its client of the namespace, if it has one; what is not used for a while after that ends. */
  async close(namespace: string): Promise<void> {
    if (this.#hasEnded) return
    await this.#ask({ kind: 'close', namespace })
    this.#idle = setTimeout(() => this.end(), idleMs).unref()
  }

  /** Ends it wherever it is. */
  end(): void {
    this.#hasEnded = true
    this.#child.kill('SIGKILL')
  }

  #ask(message: OtherRequest): Promise<unknown> {
    clearTimeout(this.#idle)
    this.#requests += 1
    const id = this.#requests
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      if (this.#hasEnded) this.#fail('it has ended')
      else this.#child.send({ id, message } satisfies Numbered<OtherRequest>, (error) => error && this.#fail(error.message))
    })
  }

  #settle(id: number, reply: OtherReply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (reply.kind === 'done') waiting?.resolve(reply.value)
    else waiting?.reject(receivedError(reply.error))
  }

  #fail(reason: string): void {
    this.#hasEnded = true
    const said = this.#said.trim() === '' ? '' : `; it said: ${this.#said.trim()}`
    for (const { reject } of this.#waiting.values()) reject(new LawBroken(`the other process of the law: ${reason}${said}`))
    this.#waiting.clear()
  }
}

function startChild(words: readonly string[]): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts')
  const entry = fileURLToPath(new URL(`./other-process-main.${isSource ? 'ts' : 'js'}`, import.meta.url))
  const flags = [...process.execArgv.filter(isInherited), ...(isSource ? ['--conditions=nexus-source'] : []), '--no-warnings']
  const [program = process.execPath, ...rest] = [...words, process.execPath, ...flags, entry]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(program, rest, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' })
  child.unref()
  child.channel?.unref?.()
  if (child.stderr instanceof Socket) child.stderr.unref()
  return child
}

/** A loader is needed there too; a debugger, a test runner or a text to run is this process's own. */
function isInherited(flag: string): boolean {
  return !/^--?(inspect|test|eval|print|e$|p$|watch|input-type|cpu-prof|heap-prof)/.test(flag)
}
