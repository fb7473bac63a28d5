import type { ErrorCode } from 'nexusfs/errors'

/** What the command exits with when it fails; 1 says that some of what was asked for could not be done, 130 that it was interrupted. */
export const exitCodes: Readonly<Record<ErrorCode, number>> = {
  InvalidArgument: 2,
  InvalidPath: 2,
  NotFound: 3,
  AlreadyExists: 3,
  NotADirectory: 3,
  IsADirectory: 3,
  NotEmpty: 3,
  Conflict: 4,
  PermissionDenied: 5,
  ReadOnly: 5,
  QuotaExceeded: 5,
  Unsupported: 6,
  Corrupt: 7,
  NoSpace: 8,
  RateLimited: 8,
  Unavailable: 8,
  Timeout: 8,
  Aborted: 9,
  Closed: 9,
  MissingDependency: 10,
  InvalidConfig: 10,
  Unexpected: 70,
}
