import { constants } from 'node:fs'
import { stat } from 'node:fs/promises'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import { allOrThrow } from '../../engine-kit/parallel.ts'
import { bodyPieces } from '../../storage/body-pieces.ts'
import type { BlobBody, PutOptions } from '../../storage/storage-backend.ts'
import type { BackendState, BlobFile } from './backend-state.ts'
import { startTimeOf, temporaryNamePattern } from './temporary-name.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
const newFile = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
/** In one call; a longer one outlasts the thread's time slice, and on a busy machine waits its turn with the write half done. */
const writeBytes = 524_288

/**
 * A temporary file that holds a whole body, on its way to becoming a blob. Its fsync (class `disk`) begins as soon as the last byte
 * is written, and runs on while the caller hashes and renames. Exactly one of `publish` and `discard` is called, once.
 */
export class Draft {
  readonly #state: BackendState
  readonly #path: string
  /** The bytes are as durable as the class says. */
  readonly #stored: Promise<void>

  /**
   * Writes the body to a new file in `tmp/`. Whatever fails, no file is left. The caller has compared the size of a body that is
   * one array.
   * @throws {NexusError} InvalidArgument for a body that has another size or breaks off, Aborted; and what the file system says
   */
  static async write(state: BackendState, body: BlobBody, options: PutOptions, operation: string): Promise<Draft> {
    const permits = body instanceof Uint8Array ? state.permits.calls : state.permits.bodies
    if (!permits.tryAcquire()) await permits.acquire(operation, options.signal)
    const path = `${state.temporary}/${state.temporaryNames.next()}`
    let fd: number | undefined
    try {
      fd = await state.calls.open(path, newFile, 0o600)
      if (body instanceof Uint8Array) await writeAll(state, fd, body)
      else for await (const piece of bodyPieces(body, options, operation)) await writeAll(state, fd, piece)
      throwIfAborted(options.signal, operation)
    } catch (error) {
      if (fd !== undefined) await Promise.allSettled([state.calls.close(fd), state.calls.unlink(path)])
      permits.release()
      throw error
    }
    return new Draft(state, path, fd, () => permits.release())
  }

  private constructor(state: BackendState, path: string, fd: number, onClosed: () => void) {
    this.#state = state
    this.#path = path
    const close = (): Promise<void> => state.calls.close(fd)
    // Closing may report a write that failed late. After an fsync there is nothing left to report.
    this.#stored = state.isDurable ? state.calls.sync(fd) : close()
    const closed = state.isDurable ? this.#stored.then(close, close) : this.#stored
    state.gate.background(closed.then(onClosed, onClosed))
    this.#stored.catch(() => {})
  }

  /**
   * Gives the file its name as a blob; once this returns, name and bytes are as durable as the class says. On failure neither the
   * temporary file nor a blob of this call is left: a failed fsync is never tried again, since the bytes may be gone from the cache.
   */
  publish(file: BlobFile): Promise<void> {
    return this.#state.isDurable ? this.#publishToDisk(file) : this.#publishToCache(file)
  }

  async discard(): Promise<void> {
    await Promise.allSettled([this.#stored])
    await this.#unlink(this.#path)
  }

  async #publishToCache(file: BlobFile): Promise<void> {
    try {
      await this.#stored
      await this.#rename(file)
    } catch (error) {
      await this.#failed([this.#path])
      throw error
    }
  }

  /** In turns: another put of the key must not replace the blob with bytes that are not durable yet. */
  #publishToDisk(file: BlobFile): Promise<void> {
    return this.#state.turns.run(file.key, async () => {
      const leftovers = [this.#path]
      try {
        const isTaken = await this.#isThere(file.path)
        if (isTaken) await this.#stored
        await this.#rename(file)
        leftovers.pop()
        // A blob that was there before is as good as this one, and somebody may rely on it.
        if (!isTaken) leftovers.push(file.path)
        await allOrThrow([this.#stored, this.#state.folderSync.sync(file.folder)])
      } catch (error) {
        await this.#failed(leftovers)
        throw error
      }
    })
  }

  #rename(file: BlobFile): Promise<void> {
    return this.#state.folders.withShard(file, () => this.#state.calls.rename(this.#path, file.path))
  }

  async #isThere(path: string): Promise<boolean> {
    try {
      await this.#state.calls.look(path)
      return true
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false
      throw error
    }
  }

  async #failed(leftovers: readonly string[]): Promise<void> {
    await Promise.allSettled([this.#stored, ...leftovers.map((path) => this.#unlink(path))])
  }

  async #unlink(path: string): Promise<void> {
    try {
      await this.#state.calls.unlink(path)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
}

async function writeAll(state: BackendState, fd: number, bytes: Uint8Array): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const count = await state.calls.write(fd, bytes, written, Math.min(bytes.length - written, writeBytes))
    if (count === 0) throw new NexusError('Unavailable', 'storage: the disk takes no bytes', { advice: `check ${state.root}` })
    written += count
  }
}

/** Files removed by one sweep, at most: what is left is for the next process that opens the storage. */
const mostRemoved = 1000
/** A file of a machine or process namespace that cannot be asked is stale when nobody has written to it for so long, in ms. */
const foreignAgeMs = 24 * 60 * 60 * 1000

/**
 * Removes the temporary files whose writers are gone: processes that were killed, or a machine that lost its power. One that may live
 * keeps its file. What cannot be removed is left for the next sweep.
 */
export async function sweepStaleDrafts(state: BackendState): Promise<void> {
  const owners = new Map<string, Promise<boolean>>()
  let removed = 0
  for (const { name } of await state.calls.readFolder(state.temporary)) {
    const { machine, pid, start } = temporaryNamePattern.exec(name)?.groups ?? {}
    if (machine === undefined || pid === undefined || start === undefined) continue
    if (state.gate.isClosed || removed >= mostRemoved) return
    const path = `${state.temporary}/${name}`
    if (machine === state.temporaryNames.machine) {
      const owner = `${pid}-${start}`
      const isGone = owners.get(owner) ?? hasEnded(Number(pid), start)
      owners.set(owner, isGone)
      if (!(await isGone)) continue
    } else if (!(await isOld(path))) continue
    if (
      await state.calls.unlink(path).then(
        () => true,
        () => false,
      )
    )
      removed++
  }
}

/** Whether no process has that number, or another one that began at another time. */
async function hasEnded(pid: number, start: string): Promise<boolean> {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Of another user, it lives all the same.
    return errnoOf(error) === 'ESRCH'
  }
  const now = await startTimeOf(pid)
  return start !== '0' && now !== '0' && now !== start
}

async function isOld(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path)
  return Date.now() - mtimeMs > foreignAgeMs
}
