import {
  close,
  type Dirent,
  fsync,
  lstat,
  mkdir,
  open,
  read,
  readdir,
  realpath,
  rename,
  rmdir,
  type Stats,
  unlink,
  write,
} from 'node:fs'
import { InFlightCalls } from '../../engine-kit/in-flight-calls.ts'
import { Permits } from '../../engine-kit/permits.ts'
import { toNexusError } from './errors.ts'

/**
 * Every call to the file system that the backend makes, so that a test can make any one of them fail. A rejection is the error of
 * `node:fs`, with its `code`. Callbacks of `node:fs` rather than `node:fs/promises`: a `FileHandle` costs as much as a small read.
 */
export interface FileCalls {
  open(path: string, flags: number, mode?: number): Promise<number>
  /** How many bytes were read into `target` from `offset` on: fewer than asked for only at the end of the file or when interrupted. */
  read(fd: number, target: Uint8Array, offset: number, length: number, position: number): Promise<number>
  /** How many bytes were written at the end of what was written before; may be fewer than asked for. */
  write(fd: number, source: Uint8Array, offset: number, length: number): Promise<number>
  sync(fd: number): Promise<void>
  /** The descriptor is gone afterwards, also if this fails. */
  close(fd: number): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** One folder, mode 0700, in one that is there. */
  makeFolder(path: string): Promise<void>
  /** Only one that is empty. */
  removeFolder(path: string): Promise<void>
  readFolder(path: string): Promise<readonly Dirent[]>
  /** Does not follow a symbolic link. */
  look(path: string): Promise<Stats>
  /** The path without symbolic links. */
  realPath(path: string): Promise<string>
}

/**
 * All of Node's file calls run on a few threads (`UV_THREADPOOL_SIZE`, 4 if not set), and an fsync keeps one busy for as long as the
 * disk takes. One thread always stays free for the others: with 50 writers, a read then waits 0.3 ms instead of 12 (medians).
 */
const syncs = new Permits(Math.max(1, (Number(process.env.UV_THREADPOOL_SIZE) || 4) - 1))

export const nodeFileCalls: FileCalls = {
  open: (path, flags, mode) => resultOf((done) => open(path, flags, mode, done)),
  read: (fd, target, offset, length, position) => resultOf((done) => read(fd, target, offset, length, position, done)),
  write: (fd, source, offset, length) => resultOf((done) => write(fd, source, offset, length, null, done)),
  sync: (fd) => syncs.run('fsync', undefined, () => ended((done) => fsync(fd, done))),
  close: (fd) => ended((done) => close(fd, done)),
  rename: (from, to) => ended((done) => rename(from, to, done)),
  unlink: (path) => ended((done) => unlink(path, done)),
  makeFolder: (path) => ended((done) => mkdir(path, 0o700, done)),
  removeFolder: (path) => ended((done) => rmdir(path, done)),
  readFolder: (path) => resultOf((done) => readdir(path, { withFileTypes: true }, done)),
  look: (path) => resultOf((done) => lstat(path, done)),
  realPath: (path) => resultOf((done) => realpath.native(path, done)),
}

function resultOf<Value>(call: (done: (error: Error | null, value: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error)
      else resolve(value)
    })
  })
}

function ended(call: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => {
      // Deno calls back with `undefined` where Node says `null`.
      if (error) reject(error)
      else resolve()
    })
  })
}

export interface GatedCall {
  readonly operation: string
  readonly key?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Lets calls in until it is closed, knows those under way, and gives every error its type. */
export class CallGate {
  readonly #location: string
  readonly #calls = new InFlightCalls()
  #isClosed = false

  constructor(location: string) {
    this.#location = location
  }

  /**
   * @throws {NexusError} Closed, Aborted, and what the work throws
   */
  async run<Value>(call: GatedCall, work: () => Promise<Value>): Promise<Value> {
    this.check(call)
    try {
      return await this.#calls.track(call.operation, work)
    } catch (error) {
      throw toNexusError(error, { operation: call.operation, key: call.key, location: this.#location })
    }
  }

  /**
   * @throws {NexusError} Closed once the gate is closed, Aborted if the signal has fired
   */
  check({ operation, signal }: GatedCall): void {
    this.#calls.refuseIfEnded(operation, signal)
  }

  /** Work that nobody waits for and whose failure means nothing, such as closing a file that was read; `close` waits for it. */
  background(work: Promise<unknown>): void {
    this.#calls.background(work)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** No call comes in any more; returns when those under way have ended. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#calls.close()
  }
}
