import { lstatSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type ErrorCode, NexusError } from '../../core/errors.ts'
import { shown } from '../model/take-options.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  ERR_INVALID_ARG_TYPE: 'InvalidArgument',
  ERR_INVALID_ARG_VALUE: 'InvalidArgument',
  ENOENT: 'NotFound',
  ENOTDIR: 'NotADirectory',
  EISDIR: 'IsADirectory',
  EEXIST: 'AlreadyExists',
  EACCES: 'PermissionDenied',
  EPERM: 'PermissionDenied',
  EROFS: 'ReadOnly',
  ENOSPC: 'NoSpace',
  EDQUOT: 'NoSpace',
  ENAMETOOLONG: 'InvalidPath',
  ELOOP: 'InvalidPath',
  EMFILE: 'Unavailable',
  ENFILE: 'Unavailable',
}

/** For `catch`: turns an error of the local file system, outside any store, into ours. */
export function localError(operation: string, location: string): (error: unknown) => never {
  return (error) => {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
    const { problem, advice } = errno === 'ENOENT' ? absence(location) : { problem: `${errno} from the local file system` }
    throw new NexusError(codes[errno] ?? 'Unexpected', `${operation}: ${location}: ${problem}`, {
      advice,
      operation,
      context: { location, errno },
      cause: error,
    })
  }
}

/** Which name of a path is the missing one: the outermost. */
function absence(location: string): { readonly problem: string; readonly advice?: string } {
  const path = resolve(location)
  let missing = path
  while (dirname(missing) !== missing && !isThere(dirname(missing))) missing = dirname(missing)
  if (missing === path) return { problem: 'it is not there' }
  return { problem: `the folder ${missing} is not there`, advice: 'make it first' }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}

/**
 * The path of a local file or folder, as it was given.
 * @throws {NexusError} InvalidArgument for what is not a path
 */
export function demandLocalPath(operation: string, given: unknown): string {
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return given
  throw new NexusError('InvalidArgument', `${operation}: the local path must be a text without NUL, not ${shown(given)}`, {
    operation,
  })
}
