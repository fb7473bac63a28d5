import { constants } from 'node:fs'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import { resolveRange } from '../../storage/check-call.ts'
import type { BlobStat, GetOptions } from '../../storage/storage-backend.ts'
import type { GatedCall } from './call-gate.ts'
import type { BlobFile, LocalPlace } from './local-place.ts'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
/** Without O_NONBLOCK, opening a pipe that somebody put there would wait for ever. */
const readOnly = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
/** Node refuses 2 GiB and more in one call. */
const readBytes = 1_073_741_824

/**
 * The bytes of a blob, or of a range of it, in a fresh array.
 * @throws {NexusError} NotFound, Corrupt if something else than a file stands there, Aborted
 */
export function readBlob(place: LocalPlace, file: BlobFile, options: GetOptions): Promise<Uint8Array<ArrayBuffer>> {
  return withOpenBlob(place, file, { operation: 'storage.get', signal: options.signal }, ({ fd, size }) => {
    throwIfAborted(options.signal, 'storage.get')
    const { start, end } = resolveRange(options.range, size)
    return readRange(place, fd, start, end)
  })
}

/** Runs the work on the open blob, under a permit. */
async function withOpenBlob<Value>(
  place: LocalPlace,
  file: BlobFile,
  call: GatedCall,
  work: (blob: OpenBlob) => Promise<Value>,
): Promise<Value> {
  const { calls } = place.permits
  await calls.acquire(call.operation, call.signal)
  const release = (): void => calls.release()
  let fd: number | undefined
  try {
    const blob = await openBlob(place, file)
    fd = blob.fd
    return await work(blob)
  } finally {
    if (fd === undefined) release()
    else closeBehind(place, fd, release)
  }
}

export interface OpenBlob {
  readonly fd: number
  /** In bytes. */
  readonly size: number
}

/** Opens and looks at the same time: one wait less, and the array can have its right size from the start. */
async function openBlob(place: LocalPlace, file: BlobFile): Promise<OpenBlob> {
  try {
    if (!place.folders.isChecked(file)) await place.folders.check(file)
    return await openAndLook(place, file)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await place.folders.refuseMissingRoot(error)
    throw new NexusError('NotFound', `storage: there is no blob ${file.key} in ${place.root}`, {
      context: { key: file.key },
      cause: error,
    })
  }
}

async function openAndLook(place: LocalPlace, file: BlobFile): Promise<OpenBlob> {
  const [opened, found] = await Promise.allSettled([place.calls.open(file.path, readOnly), place.calls.look(file.path)])
  if (opened.status === 'rejected') throw opened.reason
  if (found.status === 'fulfilled' && found.value.isFile()) return { fd: opened.value, size: found.value.size }
  await Promise.allSettled([place.calls.close(opened.value)])
  if (found.status === 'rejected') throw found.reason
  throw new NexusError('Corrupt', `storage: ${file.path} is not a regular file`, { context: { key: file.key } })
}

/** The bytes from `start` to `end`, fewer if the file ends before. */
async function readRange(place: LocalPlace, fd: number, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const count = await place.calls.read(fd, bytes, filled, Math.min(bytes.length - filled, readBytes), start + filled)
    if (count === 0) return bytes.slice(0, filled)
    filled += count
  }
  return bytes
}

/** Nobody waits for the closing of a file that was only read, and its failure means nothing. */
function closeBehind(place: LocalPlace, fd: number, onClosed: () => void): void {
  place.gate.background(place.calls.close(fd).then(onClosed, onClosed))
}

const pieceBytes = 1_048_576

/**
 * A blob being read in pieces of at most 1 MiB. It keeps its file open between pieces if a permit is free, so that a blob which is
 * deleted meanwhile can be read to its end; else it opens the file anew for each piece: a reader who pauses never stops another.
 */
export class BlobStream {
  readonly #place: LocalPlace
  readonly #file: BlobFile
  readonly #end: number
  #position: number
  /** Open between pieces; a permit goes with it. */
  #fd: number | undefined

  /**
   * @throws {NexusError} NotFound, Corrupt if something else than a file stands there
   */
  static async open(place: LocalPlace, file: BlobFile, options: GetOptions, call: GatedCall): Promise<BlobStream> {
    if (!place.permits.streams.tryAcquire()) {
      const size = await withOpenBlob(place, file, call, async (blob) => blob.size)
      return new BlobStream(place, file, resolveRange(options.range, size), undefined)
    }
    try {
      const { fd, size } = await openBlob(place, file)
      return new BlobStream(place, file, resolveRange(options.range, size), fd)
    } catch (error) {
      place.permits.streams.release()
      throw error
    }
  }

  private constructor(place: LocalPlace, file: BlobFile, range: { start: number; end: number }, fd: number | undefined) {
    this.#place = place
    this.#file = file
    this.#position = range.start
    this.#end = range.end
    this.#fd = fd
  }

  /** The next piece; `undefined` at the end. */
  async next(call: GatedCall): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const start = this.#position
    const end = Math.min(start + pieceBytes, this.#end)
    if (end <= start) return undefined
    const bytes =
      this.#fd === undefined
        ? await withOpenBlob(this.#place, this.#file, call, ({ fd }) => readRange(this.#place, fd, start, end))
        : await readRange(this.#place, this.#fd, start, end)
    this.#position += bytes.length
    return bytes.length === 0 ? undefined : bytes
  }

  /** Idempotent. */
  close(): void {
    const fd = this.#fd
    if (fd === undefined) return
    this.#fd = undefined
    closeBehind(this.#place, fd, () => this.#place.permits.streams.release())
  }
}

/**
 * What is known of a blob; `undefined` if there is none.
 * @throws {NexusError} Corrupt if something else than a file stands there
 */
export async function statBlob(place: LocalPlace, file: BlobFile): Promise<BlobStat | undefined> {
  try {
    if (!place.folders.isChecked(file)) await place.folders.check(file)
    const found = await place.calls.look(file.path)
    if (found.isFile()) return { size: found.size }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await place.folders.refuseMissingRoot(error)
    return undefined
  }
  throw new NexusError('Corrupt', `storage: ${file.path} is not a regular file`, { context: { key: file.key } })
}

/** Removes a blob, or what stands in its place; not a symbolic link's target. */
export async function deleteBlob(place: LocalPlace, file: BlobFile): Promise<void> {
  try {
    if (!place.folders.isChecked(file)) await place.folders.check(file)
    await place.calls.unlink(file.path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await place.folders.refuseMissingRoot(error)
  }
}
