import { isNexusError, NexusError } from '../../core/errors.ts'
import { type ErrorTable, errnoTable, translator } from '../../engine-kit/error-table.ts'

export interface FailedCall {
  /** The port call, such as `storage.put`. */
  readonly operation: string
  /** The root folder. */
  readonly location: string
  readonly key?: string | undefined
}

/** No name in the folder comes from a caller: what stands in the way of a blob was put there by somebody else. */
const blobTable: ErrorTable = {
  ...errnoTable,
  ELOOP: { code: 'Corrupt', summary: 'a symbolic link stands where a blob should be' },
  EISDIR: { code: 'Corrupt', summary: 'a folder stands where a blob should be' },
  ENOTDIR: { code: 'Corrupt', summary: 'a file stands where a folder should be' },
  ENOTEMPTY: { code: 'Corrupt', summary: 'a folder stands where a blob should be' },
  ENAMETOOLONG: { code: 'InvalidConfig', summary: 'the path is too long for this file system', advice: 'choose a shorter root' },
  EXDEV: { code: 'InvalidConfig', summary: 'blobs and tmp are on different file systems' },
}

const translate = translator(blobTable)

/** The one translation of what `node:fs` throws; an error that is one of ours already stays as it is. */
export function toNexusError(error: unknown, { operation, location, key }: FailedCall): NexusError {
  const subject = key === undefined ? `in ${location}` : `${key} in ${location}`
  const context = { key, location }
  // V8 throws it for an array that memory cannot hold.
  if (error instanceof RangeError && !isNexusError(error)) {
    const text = `${operation}: ${subject}: no memory is left`
    return new NexusError('Unavailable', text, { advice: 'use stream', operation, context, cause: error })
  }
  return translate(error, { operation, subject, context })
}
