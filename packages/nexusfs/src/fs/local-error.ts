import { type ErrorCode, NexusError } from '../core/errors.ts'

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
    throw new NexusError(codes[errno] ?? 'Unexpected', `${operation}: ${location}: ${errno} from the local file system`, {
      operation,
      context: { location, errno },
      cause: error,
    })
  }
}
