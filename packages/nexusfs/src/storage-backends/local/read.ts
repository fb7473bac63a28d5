import { constants } from 'node:fs'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import { resolveRange } from '../../storage/check-call.ts'
import type { BlobStat, GetOptions } from '../../storage/storage-backend.ts'
import type { BackendState, BlobFile } from './backend-state.ts'
import type { GatedCall } from './file-calls.ts'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
/** Without O_NONBLOCK, opening a pipe that somebody put there would wait for ever. */
const readOnly = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
/** Node refuses 2 GiB and more in one call. */
const readBytes = 1_073_741_824

/**
 * The bytes of a blob, or of a range of it, in a fresh array.
 * @throws {NexusError} NotFound, Corrupt if something else than a file stands there, Aborted
 */
export function readBlob(state: BackendState, file: BlobFile, options: GetOptions): Promise<Uint8Array<ArrayBuffer>> {
  return withOpenBlob(state, file, { operation: 'storage.get', signal: options.signal }, ({ fd, size }) => {
    throwIfAborted(options.signal, 'storage.get')
    const { start, end } = resolveRange(options.range, size)
    return readRange(state, fd, start, end)
  })
}

/** Runs the work on the open blob, under a permit. */
async function withOpenBlob<Value>(
  state: BackendState,
  file: BlobFile,
  call: GatedCall,
  work: (blob: OpenBlob) => Promise<Value>,
): Promise<Value> {
  const { calls } = state.permits
  await calls.acquire(call.operation, call.signal)
  const release = (): void => calls.release()
  let fd: number | undefined
  try {
    const blob = await openBlob(state, file)
    fd = blob.fd
    return await work(blob)
  } finally {
    if (fd === undefined) release()
    else closeBehind(state, fd, release)
  }
}

export interface OpenBlob {
  readonly fd: number
  /** In bytes. */
  readonly size: number
}

/** Opens and looks at the same time: one wait less, and the array can have its right size from the start. */
async function openBlob(state: BackendState, file: BlobFile): Promise<OpenBlob> {
  try {
    if (!state.folders.isChecked(file)) await state.folders.check(file)
    return await openAndLook(state, file)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await state.folders.refuseMissingRoot(error)
    throw new NexusError('NotFound', `storage: there is no blob ${file.key} in ${state.root}`, {
      context: { key: file.key },
      cause: error,
    })
  }
}

async function openAndLook(state: BackendState, file: BlobFile): Promise<OpenBlob> {
  const [opened, found] = await Promise.allSettled([state.calls.open(file.path, readOnly), state.calls.look(file.path)])
  if (opened.status === 'rejected') throw opened.reason
  if (found.status === 'fulfilled' && found.value.isFile()) return { fd: opened.value, size: found.value.size }
  await Promise.allSettled([state.calls.close(opened.value)])
  if (found.status === 'rejected') throw found.reason
  throw new NexusError('Corrupt', `storage: ${file.path} is not a regular file`, { context: { key: file.key } })
}

/** The bytes from `start` to `end`, fewer if the file ends before. */
async function readRange(state: BackendState, fd: number, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const count = await state.calls.read(fd, bytes, filled, Math.min(bytes.length - filled, readBytes), start + filled)
    if (count === 0) return bytes.slice(0, filled)
    filled += count
  }
  return bytes
}

/** Nobody waits for the closing of a file that was only read, and its failure means nothing. */
function closeBehind(state: BackendState, fd: number, onClosed: () => void): void {
  state.gate.background(state.calls.close(fd).then(onClosed, onClosed))
}

const pieceBytes = 1_048_576

/**
 * A blob being read in pieces of at most 1 MiB. It keeps its file open between pieces if a permit is free, so that a blob which is
 * deleted meanwhile can be read to its end; else it opens the file anew for each piece: a reader who pauses never stops another.
 */
export class BlobStream {
  readonly #state: BackendState
  readonly #file: BlobFile
  readonly #end: number
  #position: number
  /** Open between pieces; a permit goes with it. */
  #fd: number | undefined

  /**
   * @throws {NexusError} NotFound, Corrupt if something else than a file stands there
   */
  static async open(state: BackendState, file: BlobFile, options: GetOptions, call: GatedCall): Promise<BlobStream> {
    if (!state.permits.streams.tryAcquire()) {
      const size = await withOpenBlob(state, file, call, async (blob) => blob.size)
      return new BlobStream(state, file, resolveRange(options.range, size), undefined)
    }
    try {
      const { fd, size } = await openBlob(state, file)
      return new BlobStream(state, file, resolveRange(options.range, size), fd)
    } catch (error) {
      state.permits.streams.release()
      throw error
    }
  }

  private constructor(state: BackendState, file: BlobFile, range: { start: number; end: number }, fd: number | undefined) {
    this.#state = state
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
        ? await withOpenBlob(this.#state, this.#file, call, ({ fd }) => readRange(this.#state, fd, start, end))
        : await readRange(this.#state, this.#fd, start, end)
    this.#position += bytes.length
    return bytes.length === 0 ? undefined : bytes
  }

  /** Idempotent. */
  close(): void {
    const fd = this.#fd
    if (fd === undefined) return
    this.#fd = undefined
    closeBehind(this.#state, fd, () => this.#state.permits.streams.release())
  }
}

/**
 * What is known of a blob; `undefined` if there is none.
 * @throws {NexusError} Corrupt if something else than a file stands there
 */
export async function statBlob(state: BackendState, file: BlobFile): Promise<BlobStat | undefined> {
  try {
    if (!state.folders.isChecked(file)) await state.folders.check(file)
    const found = await state.calls.look(file.path)
    if (found.isFile()) return { size: found.size }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await state.folders.refuseMissingRoot(error)
    return undefined
  }
  throw new NexusError('Corrupt', `storage: ${file.path} is not a regular file`, { context: { key: file.key } })
}

/** Removes a blob, or what stands in its place; not a symbolic link's target. */
export async function deleteBlob(state: BackendState, file: BlobFile): Promise<void> {
  try {
    if (!state.folders.isChecked(file)) await state.folders.check(file)
    await state.calls.unlink(file.path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await state.folders.refuseMissingRoot(error)
  }
}
