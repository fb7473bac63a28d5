import { NexusError, type Outcome } from '../../core/errors.ts'
import { stallAwareTimer } from '../../engine-kit/event-loop.ts'

/** One call of the port: its name, its deadline and the caller's wish to cancel it. */
export class Call {
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
  refuseIfAborted(): void {
    if (this.signal?.aborted) throw this.#aborted('none')
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

  /** What `work` gives, unless the caller cancels first; `work` has a deadline of its own, and goes on then. */
  orCancelled<T>(work: Promise<T>, outcome: () => Outcome): Promise<T> {
    const { signal } = this
    if (signal === undefined) return work
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const onAbort = (): void => reject(this.#aborted(outcome()))
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    if (signal.aborted) onAbort()
    return promise
  }

  timeout(outcome: Outcome, cause?: unknown): NexusError {
    const { operation } = this
    return new NexusError('Timeout', `${operation}: Redis gave no answer before the deadline`, {
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
