import { constants } from 'node:fs'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import { resolveRange } from '../../storage/check-call.ts'
import type { GetOptions } from '../../storage/storage-backend.ts'
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
export async function withOpenBlob<Value>(
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
export async function openBlob(place: LocalPlace, file: BlobFile): Promise<OpenBlob> {
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
export async function readRange(place: LocalPlace, fd: number, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
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
export function closeBehind(place: LocalPlace, fd: number, onClosed: () => void): void {
  place.gate.background(place.calls.close(fd).then(onClosed, onClosed))
}
