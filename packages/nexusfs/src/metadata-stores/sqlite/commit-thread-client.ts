import { Worker } from 'node:worker_threads'
import type { DatabasePlace } from './connection.ts'
import type { GroupOutcome } from './group-committer.ts'
import type { PlannedCommit } from './planned-commit.ts'

/** The commit thread, seen from the main one. It keeps the process alive only while a group runs. */
export class CommitThreadClient {
  readonly #worker: Worker
  #isReady = false
  #hasEnded = false
  #answer: ((outcome: GroupOutcome) => void) | undefined
  readonly #ended: Promise<void>
  /** Ends once the thread is ready, or has ended. */
  readonly started: Promise<void>
  #start: () => void = () => undefined

  constructor(place: DatabasePlace) {
    this.started = new Promise((resolve) => {
      this.#start = resolve
    })
    this.#worker = new Worker(threadFile(), { workerData: place })
    this.#worker.unref()
    this.#worker.on('message', (message: GroupOutcome | 'ready') => this.#receive(message))
    this.#ended = new Promise((resolve) => {
      this.#worker.on('error', (error) => this.#end(error.message, resolve))
      this.#worker.on('exit', () => this.#end('it exited', resolve))
    })
  }

  get isReady(): boolean {
    return this.#isReady && !this.#hasEnded
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Runs one group; the next one only after this has ended. */
  run(group: readonly PlannedCommit[]): Promise<GroupOutcome> {
    this.#worker.ref()
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#worker.postMessage(group.map(detached))
    })
  }

  /** Lets the thread close its connection and end. */
  async close(): Promise<void> {
    if (this.#hasEnded) return
    this.#worker.ref()
    this.#worker.postMessage('close')
    await this.#ended
  }

  #receive(message: GroupOutcome | 'ready'): void {
    if (message === 'ready') {
      this.#isReady = true
      this.#start()
      return
    }
    this.#worker.unref()
    const answer = this.#answer
    this.#answer = undefined
    answer?.(message)
  }

  /** A group that was running may have been applied. */
  #end(reason: string, ended: () => void): void {
    this.#hasEnded = true
    const answer = this.#answer
    this.#answer = undefined
    answer?.({ kind: 'lost', fault: { code: 10, message: `the commit thread has ended: ${reason}` } })
    this.#start()
    ended()
  }
}

/** Beside this file, as TypeScript in a clone and as JavaScript in a package. */
function threadFile(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./commit-thread.${extension}`, import.meta.url)
}

/** A message copies the whole buffer behind a view, so that a large value goes as a copy of its own bytes. */
function detached(plan: PlannedCommit): PlannedCommit {
  const writes = plan.writes.map((write) =>
    write.value instanceof Uint8Array && write.value.buffer.byteLength > write.value.length
      ? { ...write, value: write.value.slice() }
      : write,
  )
  return { expect: plan.expect, writes }
}
