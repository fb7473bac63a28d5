import { type ErrorCode, type ErrorContext, isNexusError, NexusError, type Outcome } from '../core/errors.ts'

/** What an error of an engine means. */
export interface ErrorMeaning {
  readonly code: ErrorCode
  /** What has happened; what the engine itself says if absent. */
  readonly summary?: string
  /** What to do about it. */
  readonly advice?: string
}

/** By the name that the engine gives its errors, such as an errno. */
export type ErrorTable = Readonly<Record<string, ErrorMeaning>>

/** What the operating system's errors mean for a file; an adapter overrides what means something else where it stands. */
export const errnoTable: ErrorTable = {
  ENOENT: { code: 'NotFound', summary: 'it is not there' },
  EEXIST: { code: 'AlreadyExists', summary: 'it is there already' },
  ENOTDIR: { code: 'NotADirectory', summary: 'a file stands where a folder should be' },
  EISDIR: { code: 'IsADirectory', summary: 'a folder stands where a file should be' },
  ENOTEMPTY: { code: 'NotEmpty', summary: 'the folder is not empty' },
  EACCES: { code: 'PermissionDenied', summary: 'this user may not', advice: 'check owner and mode of the folder' },
  EPERM: {
    code: 'PermissionDenied',
    summary: 'the operating system refuses it',
    advice: 'check owner, mode and attributes of the folder',
  },
  EROFS: { code: 'ReadOnly', summary: 'the file system is mounted read-only' },
  ENOSPC: { code: 'NoSpace', summary: 'no space (or no inode) is left', advice: 'free some' },
  EDQUOT: { code: 'QuotaExceeded', summary: 'the disk quota of this user is used up', advice: 'free some' },
  EFBIG: { code: 'NoSpace', summary: 'the file is larger than this process may write', advice: 'raise its limit' },
  EMFILE: { code: 'Unavailable', summary: 'this process has too many open files', advice: 'raise its limit' },
  ENFILE: { code: 'Unavailable', summary: 'the machine has too many open files' },
  ENOMEM: { code: 'Unavailable', summary: 'no memory is left' },
  EAGAIN: { code: 'Unavailable', summary: 'the operating system is busy' },
  EBUSY: { code: 'Unavailable', summary: 'the file or folder is busy' },
  EINTR: { code: 'Unavailable', summary: 'the call was interrupted' },
  EIO: { code: 'Unavailable', summary: 'the disk reports an error', advice: 'check it' },
  ENXIO: { code: 'Unavailable', summary: 'the disk is gone' },
  ENODEV: { code: 'Unavailable', summary: 'the disk is gone' },
  ESTALE: { code: 'Unavailable', summary: 'the network file system lost the file handle' },
  ETIMEDOUT: { code: 'Timeout', summary: 'the network file system does not answer' },
  ELOOP: { code: 'InvalidPath', summary: 'symbolic links lead in a circle, or stand where none may be followed' },
  ENAMETOOLONG: { code: 'InvalidPath', summary: 'the path is too long for this file system' },
  EXDEV: { code: 'InvalidConfig', summary: 'both are on different file systems' },
}

/** The name of an error of `node:fs` or `node:net`, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What was going on when an engine failed. */
export interface FailedWork {
  /** The port call, such as `storage.put`. */
  readonly operation: string
  /** On what, for people: `blob x in /data`. */
  readonly subject?: string | undefined
  /** For a commit: whether anything may have been applied. */
  readonly outcome?: Outcome | undefined
  readonly context?: ErrorContext
}

/**
 * Makes the one function of an adapter that turns what its engine throws into errors of Nexus. An error that already is one passes; one
 * that the table does not name is `Unexpected`.
 * @param nameOf the name under which an error stands in the table; its errno if absent
 */
export function translator(table: ErrorTable, nameOf: (error: unknown) => string | undefined = errnoOf) {
  return (error: unknown, { operation, subject, outcome, context }: FailedWork): NexusError => {
    if (isNexusError(error)) return error
    const name = nameOf(error)
    const meaning = name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
    const said = error instanceof Error ? error.message : String(error)
    const what = meaning?.summary === undefined ? said : `${meaning.summary} (${name})`
    const where = subject === undefined ? operation : `${operation}: ${subject}`
    return new NexusError(meaning?.code ?? 'Unexpected', `${where}: ${what}`, {
      advice: meaning?.advice,
      operation,
      outcome,
      context: { ...context, errno: name },
      cause: error,
    })
  }
}
