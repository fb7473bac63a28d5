import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SubjectTraits } from '../acts/subject.ts'
import { NexusError } from '../library.ts'
import type { FinishReport, RoundReport } from '../results/measurement.ts'
import type { BeginRequest, CombinationWorker } from './combination-worker.ts'
import { straceCommand } from './fsync-counter.ts'
import type { ChildSettings, Reply, Request } from './messages.ts'

export interface ChildWorkerOptions extends ChildSettings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** A request that takes longer than this, in milliseconds, ends the child. */
  readonly timeoutMs: number
  /** The child runs under `strace`, which writes there; absent = it does not. */
  readonly traceFile?: string | undefined
}

/**
 * A worker in a process of its own, so that no combination inherits the compiled code or the heap of another. It is parked, waiting
 * for the next request, while others work. A child that dies or stalls fails the request under way; another one then removes what it
 * left, and does what comes next.
 */
export class ChildWorker implements CombinationWorker {
  readonly #options: ChildWorkerOptions
  #child: ChildProcess | undefined
  /** What was begun and not ended. */
  #begun: BeginRequest | undefined

  constructor(options: ChildWorkerOptions) {
    this.#options = options
  }

  /** Of the child, while there is one. */
  get processId(): number | undefined {
    return this.#child?.pid
  }

  async start(): Promise<void> {
    await this.#ask({ kind: 'start' })
  }

  async begin(request: BeginRequest): Promise<SubjectTraits> {
    this.#begun = request
    const reply = await this.#ask({ kind: 'begin', request })
    return reply.kind === 'began' ? reply.traits : unexpected(reply)
  }

  async round(iterations: number): Promise<RoundReport> {
    const reply = await this.#ask({ kind: 'round', iterations })
    return reply.kind === 'round' ? reply.report : unexpected(reply)
  }

  async finish(): Promise<FinishReport> {
    const reply = await this.#ask({ kind: 'finish' })
    return reply.kind === 'finished' ? reply.report : unexpected(reply)
  }

  async end(): Promise<void> {
    const begun = this.#begun
    this.#begun = undefined
    const hasEnded = this.#child !== undefined && (await this.#endChild())
    if (hasEnded || begun === undefined) return
    const { combination, location } = begun
    await this.#ask({ kind: 'remove', combination, location })
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.disconnect()
    const patience = setTimeout(() => child.kill('SIGKILL'), this.#options.timeoutMs)
    await ended
    clearTimeout(patience)
  }

  /** False if the child turns out to have died. */
  async #endChild(): Promise<boolean> {
    try {
      await this.#ask({ kind: 'end' })
      return true
    } catch (error) {
      if (this.#child === undefined) return false
      throw error
    }
  }

  #ask(request: Request): Promise<Reply> {
    this.#child ??= startChild(this.#options)
    const child = this.#child
    const { timeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      const settle = (conclude: () => void) => {
        clearTimeout(timer)
        child.off('message', onReply).off('exit', onExit).off('error', onError)
        conclude()
      }
      const fail = (error: NexusError) => {
        this.#child = undefined
        child.kill('SIGKILL')
        settle(() => reject(error))
      }
      const onReply = (reply: Reply) => settle(() => (reply.kind === 'failed' ? reject(asError(reply)) : resolve(reply)))
      const onExit = (code: number | null, signal: string | null) =>
        fail(new NexusError('Unexpected', `its process ended in "${request.kind}" (${signal ?? `exit ${code}`})`))
      const onError = (cause: Error) =>
        fail(new NexusError('Unexpected', `its process cannot be used: ${cause.message}`, { cause }))
      const timer = setTimeout(
        () => fail(new NexusError('Timeout', `"${request.kind}" gave no answer within ${timeoutMs / 1000} s`)),
        timeoutMs,
      )
      child.on('message', onReply).on('exit', onExit).on('error', onError)
      child.send(request)
    })
  }
}

function startChild({ cwd, usesConfig, env, traceFile }: ChildWorkerOptions): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts')
  const entry = fileURLToPath(isSource ? new URL('./child.ts', import.meta.url) : new URL('./child.js', import.meta.url))
  const settings: ChildSettings = { cwd, usesConfig }
  const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning', ...(isSource ? ['--conditions=nexus-source'] : [])]
  const tracer = traceFile === undefined ? [] : straceCommand(traceFile)
  const [program = process.execPath, ...words] = [...tracer, process.execPath, ...flags, entry, JSON.stringify(settings)]
  const child = spawn(program, words, { cwd, env: { ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  // The first error fails the request under way; those that follow from it, such as a broken channel, add nothing.
  return child.on('error', () => {})
}

function asError(reply: Reply & { kind: 'failed' }): NexusError {
  return new NexusError(reply.code, reply.message)
}

function unexpected(reply: Reply): never {
  throw new NexusError('Unexpected', `a child answered "${reply.kind}" out of turn`)
}
