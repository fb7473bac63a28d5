import { type ErrorCode, isNexusError, NexusError } from '../../core/errors.ts'
import { errnoOf } from './file-calls.ts'

export interface FailedCall {
  /** The port call, such as `storage.put`. */
  readonly operation: string
  /** The root folder. */
  readonly location: string
  readonly key?: string | undefined
}

/** What an error of the operating system means for a blob. */
const meanings: Readonly<Record<string, { readonly code: ErrorCode; readonly text: string; readonly advice?: string }>> = {
  ENOENT: { code: 'NotFound', text: 'it is not there' },
  EACCES: { code: 'PermissionDenied', text: 'this user may not', advice: 'check owner and mode of the folder' },
  EPERM: {
    code: 'PermissionDenied',
    text: 'the operating system refuses it',
    advice: 'check owner, mode and attributes of the folder',
  },
  EROFS: { code: 'ReadOnly', text: 'the file system is mounted read-only' },
  ENOSPC: { code: 'NoSpace', text: 'no space (or no inode) is left', advice: 'free some' },
  EDQUOT: { code: 'NoSpace', text: 'the disk quota of this user is used up', advice: 'free some' },
  EFBIG: { code: 'NoSpace', text: 'the file is larger than this process may write', advice: 'raise its limit' },
  EMFILE: { code: 'Unavailable', text: 'this process has too many open files', advice: 'raise its limit' },
  ENFILE: { code: 'Unavailable', text: 'the machine has too many open files' },
  ENOMEM: { code: 'Unavailable', text: 'no memory is left' },
  EAGAIN: { code: 'Unavailable', text: 'the operating system is busy' },
  EBUSY: { code: 'Unavailable', text: 'the file or folder is busy' },
  EINTR: { code: 'Unavailable', text: 'the call was interrupted' },
  EIO: { code: 'Unavailable', text: 'the disk reports an error', advice: 'check it' },
  ENXIO: { code: 'Unavailable', text: 'the disk is gone' },
  ENODEV: { code: 'Unavailable', text: 'the disk is gone' },
  ESTALE: { code: 'Unavailable', text: 'the network file system lost the file handle' },
  ETIMEDOUT: { code: 'Timeout', text: 'the network file system does not answer' },
  ELOOP: { code: 'Corrupt', text: 'a symbolic link stands where a blob should be' },
  EISDIR: { code: 'Corrupt', text: 'a folder stands where a blob should be' },
  ENOTDIR: { code: 'Corrupt', text: 'a file stands where a folder should be' },
  ENOTEMPTY: { code: 'Corrupt', text: 'a folder stands where a blob should be' },
  ENAMETOOLONG: { code: 'InvalidConfig', text: 'the path is too long for this file system', advice: 'choose a shorter root' },
  EXDEV: { code: 'InvalidConfig', text: 'blobs and tmp are on different file systems' },
}

/** The one translation of what `node:fs` throws; an error that is one of ours already stays as it is. */
export function toNexusError(error: unknown, call: FailedCall): NexusError {
  if (isNexusError(error)) return error
  const errno = errnoOf(error)
  const meaning = errno === undefined ? undefined : meanings[errno]
  const { operation, location, key } = call
  const what = `${operation}: ${key === undefined ? '' : `${key} `}in ${location}`
  const options = { operation, context: { key, location, errno }, cause: error }
  if (meaning !== undefined) {
    return new NexusError(meaning.code, `${what}: ${meaning.text} (${errno})`, { ...options, advice: meaning.advice })
  }
  // V8 throws it for an array that memory cannot hold.
  if (error instanceof RangeError)
    return new NexusError('Unavailable', `${what}: no memory is left`, { ...options, advice: 'use stream' })
  return new NexusError('Unexpected', `${what}: ${error instanceof Error ? error.message : 'an unknown failure'}`, options)
}
