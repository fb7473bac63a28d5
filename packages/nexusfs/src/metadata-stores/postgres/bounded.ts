import { NexusError } from '../../core/errors.ts'

export interface Bounds {
  readonly operation: string
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  /** What is known of a commit at that moment. */
  outcome?(): 'none' | 'unknown'
}

/**
 * The result of `work`, or an error at the latest when the time is up or the caller cancels. The work itself goes on to its own end,
 * unobserved: every query has its own deadline, so that it always has one.
 *
 * @throws {NexusError} Aborted, Timeout
 */
export function bounded<T>(work: Promise<T>, bounds: Bounds): Promise<T> {
  return new Promise((resolve, reject) => {
    const refuse = (code: 'Aborted' | 'Timeout', what: string, cause?: unknown): void => {
      const context = bounds.outcome === undefined ? {} : { outcome: bounds.outcome() }
      done()
      reject(new NexusError(code, `${bounds.operation}: ${what}`, { operation: bounds.operation, context, cause }))
    }
    const abort = (): void => refuse('Aborted', 'cancelled by the caller', bounds.signal?.reason)
    const timer = setTimeout(() => refuse('Timeout', `not done after ${bounds.timeoutMs} ms`), bounds.timeoutMs * 1.08)
    const done = (): void => {
      clearTimeout(timer)
      bounds.signal?.removeEventListener('abort', abort)
    }
    bounds.signal?.addEventListener('abort', abort, { once: true })
    work.then(
      (value) => {
        done()
        resolve(value)
      },
      (error: unknown) => {
        done()
        reject(error)
      },
    )
  })
}
