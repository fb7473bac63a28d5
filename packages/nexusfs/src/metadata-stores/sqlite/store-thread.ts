import { Worker } from 'node:worker_threads'
import { binaryText } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { DatabaseLocation } from './connection.ts'
import type { PlannedCommit, PlannedWrite } from './stored-row.ts'
import type { TransactionOutcome } from './transaction.ts'

export type ThreadRequest =
  | { readonly kind: 'group'; readonly group: readonly PlannedCommit[] }
  | { readonly kind: 'checkpoint'; readonly mode: CheckpointMode; readonly waitMs: number }
  | { readonly kind: 'room' }

export type ThreadReply =
  | TransactionOutcome
  | { readonly kind: 'checkpoint'; readonly moved: number | undefined }
  | { readonly kind: 'room'; readonly isMore: boolean }

/**
 * `PASSIVE` moves what it can without stopping anybody; `RESTART` stops writers until all is moved, so that the WAL begins anew;
 * `TRUNCATE` also empties its file.
 */
export type CheckpointMode = 'PASSIVE' | 'RESTART' | 'TRUNCATE'

/**
 * Another thread with a connection of its own, for what would block the event loop. It keeps the process alive only while it works.
 * One request at a time: the caller waits for the reply before the next.
 */
export class StoreThread {
  /** Absent where no thread can be had. */
  readonly #worker: Worker | undefined
  readonly #ended: Promise<void>
  /** Ends once the thread is ready, or has ended. */
  readonly started: Promise<void>
  #state: 'starting' | 'ready' | 'ended' = 'starting'
  #wasReady = false
  #isClosing = false
  #start: () => void = () => undefined
  #answer: ((reply: ThreadReply) => void) | undefined

  constructor(location: DatabaseLocation) {
    this.started = new Promise((resolve) => {
      this.#start = resolve
    })
    const worker = startWorker(location)
    this.#worker = worker
    worker?.on('message', (message: ThreadReply | 'ready') => this.#receive(message))
    this.#ended = new Promise((resolve) => {
      worker?.on('error', (error) => this.#end(error.message, resolve))
      worker?.on('exit', () => this.#end('it exited', resolve))
      if (worker === undefined) this.#end('it could not be started', resolve)
    })
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  /** True if the thread ended before it was ready: another would do the same. */
  get hasFailed(): boolean {
    return this.hasEnded && !this.#wasReady
  }

  async run(group: readonly PlannedCommit[]): Promise<TransactionOutcome> {
    const reply = await this.#ask({ kind: 'group', group: group.map(detached) })
    if (reply.kind === 'checkpoint' || reply.kind === 'room')
      throw new NexusError('Unexpected', 'sqlite: the thread answered another request')
    return reply
  }

  /**
   * @param waitMs how long it waits for connections that are in its way
   * @returns how many frames of the WAL are now in the database, or `undefined` if others were in its way, or it failed
   */
  async checkpoint(mode: CheckpointMode, waitMs: number): Promise<number | undefined> {
    const reply = await this.#ask({ kind: 'checkpoint', mode, waitMs })
    return reply.kind === 'checkpoint' ? reply.moved : undefined
  }

  /**
   * Makes the file of the WAL longer by a piece (see checkpointer.ts). Where that fails, it grows as it needs.
   * @returns whether there is more to add
   */
  async addRoom(): Promise<boolean> {
    const reply = await this.#ask({ kind: 'room' })
    return reply.kind === 'room' && reply.isMore
  }

  /** Lets the thread close its connection and end. */
  async close(): Promise<void> {
    if (this.hasEnded) return
    this.#isClosing = true
    this.#worker?.ref()
    this.#worker?.postMessage('close')
    await this.#ended
  }

  #ask(request: ThreadRequest): Promise<ThreadReply> {
    if (this.hasEnded) return Promise.resolve(lostReply('before the request'))
    this.#worker?.ref()
    return new Promise((resolve) => {
      this.#worker?.postMessage(request)
      this.#answer = resolve
    })
  }

  #receive(message: ThreadReply | 'ready'): void {
    if (message === 'ready') {
      this.#state = 'ready'
      this.#wasReady = true
      this.#start()
      if (this.#answer === undefined && !this.#isClosing) this.#worker?.unref()
      return
    }
    if (!this.#isClosing) this.#worker?.unref()
    this.#reply(message)
  }

  #end(reason: string, ended: () => void): void {
    this.#state = 'ended'
    this.#start()
    this.#reply(lostReply(reason))
    ended()
  }

  #reply(reply: ThreadReply): void {
    const answer = this.#answer
    this.#answer = undefined
    answer?.(reply)
  }
}

/** `undefined` where the system, or the permissions of this process, give no further thread: the caller goes on without. */
function startWorker(location: DatabaseLocation): Worker | undefined {
  try {
    // The flags of this process may be meant for its main module, such as --input-type; the thread needs none.
    return new Worker(threadFile(), { workerData: location, execArgv: [] })
  } catch {
    return undefined
  }
}

/**
 * Beside this file, as TypeScript in a clone and as JavaScript in a package. A bundle as CommonJS has no `import.meta.url`, and no file
 * to name: a thread without code ends at once, as one whose file is missing does.
 */
function threadFile(): URL {
  const here: string | undefined = import.meta.url
  if (here === undefined) return new URL('data:text/javascript,')
  return new URL(`./store-thread-main.${here.endsWith('.ts') ? 'ts' : 'js'}`, here)
}

/** A group that was running may have been applied: as after an I/O error, nobody knows. */
function lostReply(reason: string): ThreadReply {
  return { kind: 'lost', fault: { code: 10, message: `the commit thread has ended: ${reason}` } }
}

/** Up to here, in bytes, a value goes to the thread as a string, which costs less than an array. */
const smallValueBytes = 1_024

/** A message copies the whole buffer behind a view, so that a large value goes as a copy of its own bytes. */
function detached(plan: PlannedCommit): PlannedCommit {
  return { expect: plan.expect, writes: plan.writes.map((write) => ({ ...write, value: detachedValue(write.value) })) }
}

function detachedValue(value: PlannedWrite['value']): PlannedWrite['value'] {
  if (!(value instanceof Uint8Array)) return value
  if (value.length <= smallValueBytes) return binaryText(value)
  return value.buffer.byteLength > value.length ? value.slice() : value
}
