import { orAborted, refuseIfAborted } from '../core/abort.ts'
import { CallsUnderWay } from '../core/calls-under-way.ts'
import { isNexusError, type NexusError } from '../core/errors.ts'

/**
 * What the calls of every adapter have in common: refused once it is closed or the caller has cancelled, waited for by `close`, and
 * failing with a `NexusError` only.
 */
export class AdapterCalls {
  readonly #calls = new CallsUnderWay()
  readonly #toNexusError: (error: unknown, operation: string) => NexusError

  /** @param toNexusError what the errors of the engine mean; a `NexusError` passes as it is */
  constructor(toNexusError: (error: unknown, operation: string) => NexusError) {
    this.#toNexusError = toNexusError
  }

  /**
   * Does the work of one call. When the caller cancels, the call rejects at once and the work goes on unseen: `close` waits for it.
   * @throws {NexusError} Closed and Aborted (outcome none) before any work; Aborted while it runs; else what the work throws
   */
  async run<Result>(operation: string, signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    this.refuseIfEnded(operation, signal)
    try {
      return await orAborted(() => this.#calls.track(operation, work), signal, operation)
    } catch (error) {
      throw isNexusError(error) ? error : this.#toNexusError(error, operation)
    }
  }

  /**
   * For what is no single call, such as each piece of a stream.
   * @throws {NexusError} Closed, Aborted (outcome none)
   */
  refuseIfEnded(operation: string, signal: AbortSignal | undefined): void {
    this.#calls.refuseIfClosed(operation)
    refuseIfAborted(signal, operation)
  }

  /** Refuses calls from now on, and returns when those under way have ended. Idempotent. */
  close(): Promise<void> {
    return this.#calls.close()
  }
}
