import { NexusError, type Outcome, throwIfAborted } from '../core/errors.ts'
import { stallAwareTimer } from './event-loop.ts'

/**
 * What `work` gives, unless the caller cancels first: then it goes on for others, unseen. A caller who has cancelled already gets
 * nothing begun.
 * @throws {NexusError} Aborted, outcome none if the work was not begun; what `work` throws
 */
export async function orAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined, operation: string): Promise<T> {
  if (signal === undefined) return work()
  throwIfAborted(signal, operation, 'none')
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

/** One call of a port to a server: its name, its deadline and the caller's wish to cancel it. */
export class Deadline {
  readonly operation: string
  readonly signal: AbortSignal | undefined
  readonly #endsAt: number

  constructor(operation: string, timeoutMs: number, signal: AbortSignal | undefined) {
    this.operation = operation
    this.signal = signal
    this.#endsAt = performance.now() + timeoutMs
  }

  /** Milliseconds until the deadline, 0 if it has passed. */
  get remaining(): number {
    return Math.max(0, this.#endsAt - performance.now())
  }

  /**
   * @throws {NexusError} Aborted, outcome none, if the caller has cancelled already
   */
  throwIfAborted(): void {
    throwIfAborted(this.signal, this.operation, 'none')
  }

  /**
   * What `work` gives, unless the deadline passes or the caller cancels first; `work` goes on by itself then. `late` makes the error
   * of a passed deadline.
   */
  race<T>(work: Promise<T>, outcome: () => Outcome, late: () => NexusError = () => this.timeout(outcome())): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => settle(() => reject(this.#aborted(outcome())))
      const timer = stallAwareTimer(this.remaining, () => settle(() => reject(late())))
      const settle = (end: () => void): void => {
        timer.clear()
        this.signal?.removeEventListener('abort', onAbort)
        end()
      }
      this.signal?.addEventListener('abort', onAbort)
      work.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error)),
      )
      if (this.signal?.aborted) onAbort()
    })
  }

  timeout(outcome: Outcome, cause?: unknown): NexusError {
    const { operation } = this
    return new NexusError('Timeout', `${operation}: the server gave no answer before the deadline`, {
      advice: 'is it overloaded or cut off?',
      operation,
      outcome,
      cause,
    })
  }

  #aborted(outcome: Outcome): NexusError {
    const { operation } = this
    const cause: unknown = this.signal?.reason
    return new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, outcome, cause })
  }
}
