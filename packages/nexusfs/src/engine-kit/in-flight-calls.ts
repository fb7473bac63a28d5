import { isNexusError, NexusError, throwIfAborted } from '../core/errors.ts'
import { orAborted } from './deadline.ts'

/**
 * The calls under way of something that is closed: those that began before are waited for, later ones are refused, and each fails with
 * a `NexusError` only.
 */
export class InFlightCalls {
  readonly #toNexusError: ((error: unknown, operation: string) => NexusError) | undefined
  #running = 0
  #isClosed = false
  #drained: PromiseWithResolvers<void> | undefined

  /** @param toNexusError what the errors of the engine mean, for `run`; a `NexusError` passes as it is */
  constructor(toNexusError?: (error: unknown, operation: string) => NexusError) {
    this.#toNexusError = toNexusError
  }

  /**
   * Does the work of one call. When the caller cancels, the call rejects at once and the work goes on unseen: `close` waits for it.
   * @throws {NexusError} Closed and Aborted (outcome none) before any work; Aborted while it runs; else what the work throws
   */
  async run<Result>(operation: string, signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    this.refuseIfEnded(operation, signal)
    try {
      return await orAborted(() => this.track(operation, work), signal, operation)
    } catch (error) {
      if (isNexusError(error) || this.#toNexusError === undefined) throw error
      throw this.#toNexusError(error, operation)
    }
  }

  /**
   * Counts the call as under way until it settles; who may cancel it, and what its errors mean, is its own affair.
   * @throws {NexusError} Closed, outcome none, after `close`
   */
  async track<Result>(operation: string, call: () => Promise<Result>): Promise<Result> {
    this.#refuseIfClosed(operation)
    this.#running++
    try {
      return await call()
    } finally {
      this.#ended()
    }
  }

  /** Work that was begun for a call, that nobody waits for and whose failure means nothing; `close` waits for it. */
  background(work: Promise<unknown>): void {
    this.#running++
    const ended = (): void => this.#ended()
    work.then(ended, ended)
  }

  /**
   * For what is not a single call, such as each piece of a stream.
   * @throws {NexusError} Closed, Aborted (outcome none)
   */
  refuseIfEnded(operation: string, signal: AbortSignal | undefined): void {
    this.#refuseIfClosed(operation)
    throwIfAborted(signal, operation, 'none')
  }

  /** Refuses calls from now on. */
  end(): void {
    this.#isClosed = true
  }

  /** Refuses calls from now on, and returns when those under way have settled. Idempotent. */
  async close(): Promise<void> {
    this.end()
    if (this.#running === 0) return
    this.#drained ??= Promise.withResolvers<void>()
    await this.#drained.promise
  }

  #ended(): void {
    this.#running--
    if (this.#running === 0) this.#drained?.resolve()
  }

  #refuseIfClosed(operation: string): void {
    if (!this.#isClosed) return
    throw new NexusError('Closed', `${operation}: this is closed`, { advice: 'open it again', operation, outcome: 'none' })
  }
}
