/** The closed list of what can go wrong. `docs/errors.md` is generated from this table. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorCodeTraits>> = {
  InvalidArgument: { retry: 'never', errno: 'EINVAL', exit: 2, meaning: 'an argument is wrong; nothing was done' },
  InvalidPath: { retry: 'never', errno: 'EINVAL', exit: 2, meaning: 'the path is not one Nexus can name' },
  NotFound: { retry: 'never', errno: 'ENOENT', exit: 3, meaning: 'there is nothing of that name' },
  AlreadyExists: { retry: 'never', errno: 'EEXIST', exit: 3, meaning: 'the name is taken' },
  NotADirectory: { retry: 'never', errno: 'ENOTDIR', exit: 3, meaning: 'a file stands where a directory is needed' },
  IsADirectory: { retry: 'never', errno: 'EISDIR', exit: 3, meaning: 'a directory stands where a file is needed' },
  NotEmpty: { retry: 'never', errno: 'ENOTEMPTY', exit: 3, meaning: 'the directory still has entries' },
  Conflict: { retry: 'never', errno: 'EAGAIN', exit: 4, meaning: 'a precondition does not hold (any more)' },
  PermissionDenied: { retry: 'never', errno: 'EACCES', exit: 5, meaning: 'access is refused' },
  ReadOnly: { retry: 'never', errno: 'EROFS', exit: 5, meaning: 'the store or its medium takes no writes' },
  QuotaExceeded: { retry: 'never', errno: 'EDQUOT', exit: 5, meaning: 'the quota is used up' },
  Unsupported: { retry: 'never', errno: 'ENOTSUP', exit: 6, meaning: 'this adapter or version cannot do that' },
  Corrupt: { retry: 'never', errno: 'EIO', exit: 7, meaning: 'stored bytes are not what was written' },
  NoSpace: { retry: 'safe', errno: 'ENOSPC', exit: 8, meaning: 'the medium is full' },
  RateLimited: { retry: 'safe', errno: 'EAGAIN', exit: 8, meaning: 'the service asks for fewer requests' },
  Unavailable: { retry: 'safe', errno: 'EAGAIN', exit: 8, meaning: 'the service cannot be reached or used now' },
  Timeout: { retry: 'safe', errno: 'ETIMEDOUT', exit: 8, meaning: 'the deadline passed first' },
  Aborted: { retry: 'never', errno: 'ECANCELED', exit: 9, meaning: 'the caller cancelled the call' },
  Closed: { retry: 'never', errno: 'EBADF', exit: 9, meaning: 'the object was closed before the call' },
  MissingDependency: { retry: 'never', errno: 'ENOENT', exit: 10, meaning: 'an optional package is not installed' },
  InvalidConfig: { retry: 'never', errno: 'EINVAL', exit: 10, meaning: 'the configuration or the environment is wrong' },
  Unexpected: { retry: 'never', errno: 'EIO', exit: 70, meaning: 'a bug of Nexus, or a reply nobody foresaw' },
}

/** What a code promises, for every error that carries it. */
export interface ErrorCodeTraits {
  /** May the same call be made again? `exhausted` is what `safe` becomes once the retries are used up. */
  readonly retry: Retry
  /** The POSIX error name nearest in meaning; informative only. */
  readonly errno: string
  /** The exit code of the `nexus` command. */
  readonly exit: number
  readonly meaning: string
}

/** Why a call failed. The list is closed: `errorCodes` says what each code means. */
export type ErrorCode =
  | 'InvalidArgument'
  | 'InvalidPath'
  | 'NotFound'
  | 'AlreadyExists'
  | 'NotADirectory'
  | 'IsADirectory'
  | 'NotEmpty'
  | 'Conflict'
  | 'PermissionDenied'
  | 'ReadOnly'
  | 'QuotaExceeded'
  | 'Unsupported'
  | 'Corrupt'
  | 'NoSpace'
  | 'RateLimited'
  | 'Unavailable'
  | 'Timeout'
  | 'Aborted'
  | 'Closed'
  | 'MissingDependency'
  | 'InvalidConfig'
  | 'Unexpected'

/** May the same call be made again? `exhausted` = yes in principle, but Nexus itself has tried in vain. */
export type Retry = 'never' | 'safe' | 'exhausted'

/** Facts about a failure, safe to print: never content, never a secret. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>

/** What a `NexusError` has besides code and message. */
export interface NexusErrorOptions {
  /** The public operation or port call that failed, such as `write` or `storage.put`. */
  readonly operation?: string
  readonly context?: ErrorContext
  readonly cause?: unknown
  /** Overrides the default of the code. */
  readonly retry?: Retry
}

/**
 * The one error class of Nexus. `code` says why, `retry` says whether the same call may be made again,
 * the message says what failed, on what, and what to do.
 */
export class NexusError extends Error {
  override readonly name = 'NexusError'
  readonly code: ErrorCode
  readonly retry: Retry
  readonly operation: string | undefined
  readonly context: ErrorContext

  constructor(code: ErrorCode, message: string, options: NexusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retry = options.retry ?? errorCodes[code].retry
    this.operation = options.operation
    this.context = options.context ?? {}
  }

  /** The POSIX name nearest to the code, for callers that think in errno. */
  get errno(): string {
    return errorCodes[this.code].errno
  }
}

/** True for a `NexusError`, of the given code if one is named. Also true for one of another copy of the library. */
export function isNexusError(error: unknown, code?: ErrorCode): error is NexusError {
  const isOurs = error instanceof Error && error.name === 'NexusError' && 'code' in error
  return isOurs && (code === undefined || error.code === code)
}

/**
 * @throws {NexusError} Aborted if the signal has fired; its reason is the cause.
 */
export function throwIfAborted(signal: AbortSignal | undefined, operation: string): void {
  if (signal?.aborted) {
    throw new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, cause: signal.reason })
  }
}
