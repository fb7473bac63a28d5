/** The closed list of what can go wrong. `docs/errors.md` is generated from this table. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorCodeTraits>> = {
  InvalidArgument: { retry: 'never', errno: 'EINVAL', meaning: 'an argument is wrong; nothing was done' },
  InvalidPath: { retry: 'never', errno: 'EINVAL', meaning: 'the path is not one Nexus can name' },
  NotFound: { retry: 'never', errno: 'ENOENT', meaning: 'there is nothing of that name' },
  AlreadyExists: { retry: 'never', errno: 'EEXIST', meaning: 'the name is taken' },
  NotADirectory: { retry: 'never', errno: 'ENOTDIR', meaning: 'a file stands where a directory is needed' },
  IsADirectory: { retry: 'never', errno: 'EISDIR', meaning: 'a directory stands where a file is needed' },
  NotEmpty: { retry: 'never', errno: 'ENOTEMPTY', meaning: 'the directory still has entries' },
  Conflict: { retry: 'never', errno: 'EAGAIN', meaning: 'a precondition does not hold (any more)' },
  PermissionDenied: { retry: 'never', errno: 'EACCES', meaning: 'access is refused' },
  ReadOnly: { retry: 'never', errno: 'EROFS', meaning: 'the store or its medium takes no writes' },
  QuotaExceeded: { retry: 'never', errno: 'EDQUOT', meaning: 'the quota is used up' },
  Unsupported: { retry: 'never', errno: 'ENOTSUP', meaning: 'this adapter or version cannot do that' },
  Corrupt: { retry: 'never', errno: 'EIO', meaning: 'stored bytes are not what was written' },
  NoSpace: { retry: 'safe', errno: 'ENOSPC', meaning: 'the medium is full' },
  RateLimited: { retry: 'safe', errno: 'EAGAIN', meaning: 'the service asks for fewer requests' },
  Unavailable: { retry: 'safe', errno: 'EAGAIN', meaning: 'the service cannot be reached or used now' },
  Timeout: { retry: 'safe', errno: 'ETIMEDOUT', meaning: 'the deadline passed first' },
  Aborted: { retry: 'never', errno: 'ECANCELED', meaning: 'the caller cancelled the call' },
  Closed: { retry: 'never', errno: 'EBADF', meaning: 'the object was closed before the call' },
  MissingDependency: { retry: 'never', errno: 'ENOENT', meaning: 'an optional package is not installed' },
  InvalidConfig: { retry: 'never', errno: 'EINVAL', meaning: 'the configuration or the environment is wrong' },
  Unexpected: { retry: 'never', errno: 'EIO', meaning: 'a bug of Nexus, or a reply nobody foresaw' },
}

/** What a code promises, for every error that carries it. */
export interface ErrorCodeTraits {
  /** May the same call be made again? `exhausted` is what `safe` becomes once the retries are used up. */
  readonly retry: Retry
  /** The POSIX error name nearest in meaning; informative only. */
  readonly errno: string
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

/** Of a call that changes something and failed: nothing was applied, or nobody knows. */
export type Outcome = 'none' | 'unknown'

/** Facts about a failure, safe to print: never content, never a secret. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>

/** What a `NexusError` has besides code and summary. */
export interface NexusErrorOptions {
  /** What the caller can do about it: the end of the message. */
  readonly advice?: string | undefined
  /** What is known of the change that the call was to make; absent for a call that changes nothing. */
  readonly outcome?: Outcome | undefined
  /** The public operation or port call that failed, such as `write` or `storage.put`. */
  readonly operation?: string | undefined
  readonly context?: ErrorContext
  readonly cause?: unknown
  /** Overrides the default of the code. */
  readonly retry?: Retry | undefined
}

/** What another layer says differently about the same failure. */
export interface ErrorChanges extends NexusErrorOptions {
  readonly code?: ErrorCode
  readonly summary?: string
}

/**
 * The one error class of Nexus. `code` says why, `retry` says whether the same call may be made again, `outcome` what became of the
 * change; `summary` says what failed, and on what, `advice` what to do, and the message is both.
 */
export class NexusError extends Error {
  override readonly name = 'NexusError'
  readonly code: ErrorCode
  readonly summary: string
  readonly advice: string | undefined
  readonly outcome: Outcome | undefined
  readonly retry: Retry
  readonly operation: string | undefined
  /** Holds the outcome, too, so that a log of the facts is whole. */
  readonly context: ErrorContext

  constructor(code: ErrorCode, summary: string, options: NexusErrorOptions = {}) {
    const { advice, cause, context = {}, outcome = outcomeIn(context) } = options
    super(advice === undefined ? summary : `${summary}; ${advice}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.summary = summary
    this.advice = advice
    this.outcome = outcome
    this.retry = options.retry ?? errorCodes[code].retry
    this.operation = options.operation
    this.context = outcome === undefined ? context : { ...context, outcome }
  }

  /** The same failure as another layer tells it: what is not named stays, facts are added, and this error is the cause. */
  with(changes: ErrorChanges): NexusError {
    const { code = this.code, summary = this.summary, context, ...others } = changes
    const { advice, outcome, operation, retry } = this
    const { outcome: _, ...facts } = this.context
    return new NexusError(code, summary, {
      advice,
      outcome,
      operation,
      retry,
      cause: this,
      ...others,
      context: { ...facts, ...context },
    })
  }

  /** The POSIX name nearest to the code, for callers that think in errno. */
  get errno(): string {
    return errorCodes[this.code].errno
  }
}

function outcomeIn({ outcome }: ErrorContext): Outcome | undefined {
  return outcome === 'none' || outcome === 'unknown' ? outcome : undefined
}

/** True for a `NexusError`, of the given code if one is named. Also true for one of another copy of the library. */
export function isNexusError(error: unknown, code?: ErrorCode): error is NexusError {
  const isOurs = error instanceof Error && error.name === 'NexusError' && 'code' in error
  return isOurs && (code === undefined || error.code === code)
}

/**
 * @param outcome of what was begun; absent where it is not known here, `none` for a call that has begun nothing
 * @throws {NexusError} Aborted if the signal has fired; its reason is the cause.
 */
export function throwIfAborted(signal: AbortSignal | undefined, operation: string, outcome?: Outcome): void {
  if (signal?.aborted) {
    throw new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, outcome, cause: signal.reason })
  }
}
