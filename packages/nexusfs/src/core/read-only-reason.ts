import { type ErrorContext, NexusError } from './errors.ts'

/** Why nothing can be written, in words: `it was opened with readOnly`. */
export interface ReadOnlyReason {
  readonly why: string
  /** What the caller can do about it. */
  readonly advice: string
}

export const askedToReadOnly: ReadOnlyReason = { why: 'it was opened with readOnly', advice: 'open it without' }

/**
 * What the errno of an attempt to get the right to write says of a path; `undefined` if it says something else.
 * @param errno such as `EROFS`
 */
export function readOnlyReasonOf(path: string, errno: string | undefined): ReadOnlyReason | undefined {
  switch (errno) {
    case 'EROFS':
      return {
        why: `${path} is on a file system that is mounted read-only`,
        advice: 'mount it for writing, or copy the store to another disk',
      }
    case 'EACCES':
    case 'EPERM':
      return { why: `this user may not write to ${path}`, advice: 'ask its owner for the right to write' }
    default:
      return undefined
  }
}

/** What a call that changes something gets: `ReadOnly`, outcome none. */
export function readOnlyError(
  what: string,
  { why, advice }: ReadOnlyReason,
  options: { readonly operation?: string; readonly context?: ErrorContext } = {},
): NexusError {
  return new NexusError('ReadOnly', `${what}: ${why}`, { ...options, advice, outcome: 'none' })
}
