import { NexusError, type Outcome } from '../../core/errors.ts'

/** Whose cancellation it is. */
export interface Cancellation {
  readonly operation: string
  readonly signal: AbortSignal | undefined
  /** What is known of a commit at that moment. */
  readonly outcome: (() => Outcome) | undefined
}

/**
 * The result of `work`, unless the caller cancels first. The work itself goes on to its own end, unobserved: every wait for a connection
 * and every query has its own deadline, so that it always has one.
 * @throws {NexusError} Aborted
 */
export function unlessCancelled<T>(work: Promise<T>, { operation, signal, outcome }: Cancellation): Promise<T> {
  if (signal === undefined) return work
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const abort = (): void => {
    reject(
      new NexusError('Aborted', `${operation}: cancelled by the caller`, {
        operation,
        outcome: outcome?.(),
        cause: signal.reason,
      }),
    )
  }
  signal.addEventListener('abort', abort, { once: true })
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  return promise
}
