import { NexusError } from '../core/errors.ts'

/**
 * What `work` gives, unless the caller cancels first: then it goes on for others, unseen. A caller who has cancelled already gets
 * nothing begun.
 * @throws {NexusError} Aborted, outcome none if the work was not begun; what `work` throws
 */
export async function orAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined, operation: string): Promise<T> {
  if (signal === undefined) return work()
  refuseIfAborted(signal, operation)
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void =>
    reject(new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, cause: signal.reason }))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(), promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Refuses a call that was cancelled before it began.
 * @throws {NexusError} Aborted, outcome none
 */
export function refuseIfAborted(signal: AbortSignal | undefined, operation: string): void {
  if (!signal?.aborted) return
  throw new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, outcome: 'none', cause: signal.reason })
}
