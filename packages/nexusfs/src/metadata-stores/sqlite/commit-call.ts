import { NexusError, type Outcome } from '../../core/errors.ts'
import type { CommitResult } from '../../metadata/metadata-store.ts'

/** One call of `commit` that waits for its members. */
export class CommitCall {
  readonly promise: Promise<readonly CommitResult[]>
  /** On the monotonic clock, in ms: when it stops waiting for the lock. */
  readonly deadline: number
  /** True while a member of it is in a group that runs. */
  isRunning = false
  hasEnded = false
  readonly #results: CommitResult[] = []
  readonly #size: number
  #open: number
  #resolve: (results: readonly CommitResult[]) => void = () => undefined
  #reject: (error: NexusError) => void = () => undefined
  readonly #signal: AbortSignal | undefined

  constructor(members: number, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#size = members
    this.#open = members
    this.deadline = performance.now() + timeoutMs
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#signal = signal
    signal?.addEventListener('abort', this.#abort, { once: true })
  }

  settle(index: number, result: CommitResult): void {
    if (this.hasEnded) return
    this.#results[index] = result
    this.#open -= 1
    if (this.#open > 0) return
    this.#end()
    this.#resolve(this.#results)
  }

  reject(error: NexusError): void {
    if (this.hasEnded) return
    this.#end()
    this.#reject(error)
  }

  /** What is known of its members should it end now. */
  get outcome(): Outcome {
    return this.isRunning || this.#open < this.#size ? 'unknown' : 'none'
  }

  #end(): void {
    this.hasEnded = true
    this.#signal?.removeEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => {
    const operation = 'metadata.commit'
    this.reject(
      new NexusError('Aborted', `${operation}: cancelled by the caller`, {
        operation,
        outcome: this.outcome,
        cause: this.#signal?.reason,
      }),
    )
  }
}
