import { constants } from 'node:fs'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import { allOrThrow } from '../../engine-kit/parallel.ts'
import { bodyPieces } from '../../storage/body-pieces.ts'
import type { BlobBody, PutOptions } from '../../storage/storage-backend.ts'
import type { BlobFile, LocalPlace } from './local-place.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
const newFile = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
/** In one call; a longer one outlasts the thread's time slice, and on a busy machine waits its turn with the write half done. */
const writeBytes = 524_288

/**
 * A temporary file that holds a whole body, on its way to becoming a blob. Its fsync (class `disk`) begins as soon as the last byte
 * is written, and runs on while the caller hashes and renames. Exactly one of `publish` and `discard` is called, once.
 */
export class Draft {
  readonly #place: LocalPlace
  readonly #path: string
  /** The bytes are as durable as the class says. */
  readonly #stored: Promise<void>

  /**
   * Writes the body to a new file in `tmp/`. Whatever fails, no file is left. The caller has compared the size of a body that is
   * one array.
   * @throws {NexusError} InvalidArgument for a body that has another size or breaks off, Aborted; and what the file system says
   */
  static async write(place: LocalPlace, body: BlobBody, options: PutOptions, operation: string): Promise<Draft> {
    const permits = body instanceof Uint8Array ? place.permits.calls : place.permits.bodies
    if (!permits.tryAcquire()) await permits.acquire(operation, options.signal)
    const path = `${place.temporary}/${place.temporaryNames.next()}`
    let fd: number | undefined
    try {
      fd = await place.calls.open(path, newFile, 0o600)
      if (body instanceof Uint8Array) await writeAll(place, fd, body)
      else for await (const piece of bodyPieces(body, options, operation)) await writeAll(place, fd, piece)
      throwIfAborted(options.signal, operation)
    } catch (error) {
      if (fd !== undefined) await Promise.allSettled([place.calls.close(fd), place.calls.unlink(path)])
      permits.release()
      throw error
    }
    return new Draft(place, path, fd, () => permits.release())
  }

  private constructor(place: LocalPlace, path: string, fd: number, onClosed: () => void) {
    this.#place = place
    this.#path = path
    const close = (): Promise<void> => place.calls.close(fd)
    // Closing may report a write that failed late. After an fsync there is nothing left to report.
    this.#stored = place.isDurable ? place.calls.sync(fd) : close()
    const closed = place.isDurable ? this.#stored.then(close, close) : this.#stored
    place.gate.background(closed.then(onClosed, onClosed))
    this.#stored.catch(() => {})
  }

  /**
   * Gives the file its name as a blob; once this returns, name and bytes are as durable as the class says. On failure neither the
   * temporary file nor a blob of this call is left: a failed fsync is never tried again, since the bytes may be gone from the cache.
   */
  publish(file: BlobFile): Promise<void> {
    return this.#place.isDurable ? this.#publishToDisk(file) : this.#publishToCache(file)
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
    return this.#place.turns.run(file.key, async () => {
      const leftovers = [this.#path]
      try {
        const isTaken = await this.#isThere(file.path)
        if (isTaken) await this.#stored
        await this.#rename(file)
        leftovers.pop()
        // A blob that was there before is as good as this one, and somebody may rely on it.
        if (!isTaken) leftovers.push(file.path)
        await allOrThrow([this.#stored, this.#place.folderSync.sync(file.folder)])
      } catch (error) {
        await this.#failed(leftovers)
        throw error
      }
    })
  }

  #rename(file: BlobFile): Promise<void> {
    return this.#place.folders.withShard(file, () => this.#place.calls.rename(this.#path, file.path))
  }

  async #isThere(path: string): Promise<boolean> {
    try {
      await this.#place.calls.look(path)
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
      await this.#place.calls.unlink(path)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
}

async function writeAll(place: LocalPlace, fd: number, bytes: Uint8Array): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const count = await place.calls.write(fd, bytes, written, Math.min(bytes.length - written, writeBytes))
    if (count === 0) throw new NexusError('Unavailable', 'storage: the disk takes no bytes', { advice: `check ${place.root}` })
    written += count
  }
}
