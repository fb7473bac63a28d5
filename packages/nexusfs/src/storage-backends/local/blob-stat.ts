import { NexusError } from '../../core/errors.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import type { BlobStat } from '../../storage/storage-backend.ts'
import type { BlobFile, LocalPlace } from './local-place.ts'

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
