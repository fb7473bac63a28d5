import { setTimeout as sleep } from 'node:timers/promises'
import { NexusError, type Outcome } from '../core/errors.ts'
import type { FaultMode, FaultPlan } from './fault-plan.ts'
import type { PortCall } from './port-call.ts'

export interface FaultOptions {
  /** Milliseconds after which a call that hangs gives up with `Timeout`; never if absent. */
  readonly deadlineMs?: number | undefined
}

/** Lets the calls of one layer go wrong as a plan says. */
export class FaultInjector {
  readonly #port: 'metadata' | 'storage'
  readonly #plan: FaultPlan
  readonly #deadlineMs: number | undefined
  readonly #closed = new AbortController()
  readonly #late = new Set<Promise<void>>()

  constructor(port: 'metadata' | 'storage', plan: FaultPlan, options: FaultOptions) {
    this.#port = port
    this.#plan = plan
    this.#deadlineMs = options.deadlineMs
  }

  /** Makes the call, or what the plan makes of it. */
  async intercept<Result>(call: PortCall<Result>): Promise<Result> {
    const mode = this.#plan.next(call.method)
    return mode === undefined ? call.run() : this.spoil(call, mode)
  }

  /** Makes the call go wrong in a given way. Wrong data is for the caller to make: here the call is just made. */
  async spoil<Result>(call: PortCall<Result>, mode: FaultMode): Promise<Result> {
    switch (mode.kind) {
      case 'before':
        throw this.#error(call, mode.code ?? 'Unavailable', 'none')
      case 'after':
        await call.run()
        throw this.#error(call, 'Unavailable', 'unknown')
      case 'late':
        this.#applyLater(call, mode.delayMs)
        throw this.#error(call, 'Unavailable', 'unknown')
      case 'hang':
        return this.#hang(call)
      case 'flip':
      case 'short':
        return call.run()
    }
  }

  /** Ends once everything that is to be applied late has been, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#late)
  }

  /** Lets go of calls that hang, and waits for late ones. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.settled()
  }

  /** The caller has gone: it can no longer cancel it, and its failure interests nobody. */
  #applyLater<Result>(call: PortCall<Result>, delayMs: number): void {
    const late = (async () => {
      await sleep(delayMs)
      await call.runDetached().catch(() => undefined)
    })()
    this.#late.add(late)
    void late.then(() => this.#late.delete(late))
  }

  async #hang<Result>(call: PortCall<Result>): Promise<never> {
    const ends = [
      this.#closed.signal,
      call.signal,
      this.#deadlineMs === undefined ? undefined : AbortSignal.timeout(this.#deadlineMs),
    ]
    const end = AbortSignal.any(ends.filter((signal) => signal !== undefined))
    if (!end.aborted) await new Promise<void>((resolve) => end.addEventListener('abort', () => resolve(), { once: true }))
    if (call.signal?.aborted) throw this.#error(call, 'Aborted', 'unknown', call.signal.reason)
    throw this.#error(call, this.#closed.signal.aborted ? 'Closed' : 'Timeout', 'unknown')
  }

  #error(
    { method }: { readonly method: string },
    code: ConstructorParameters<typeof NexusError>[0],
    outcome: Outcome,
    cause?: unknown,
  ): NexusError {
    const operation = `${this.#port}.${method}`
    const context = { injected: true }
    return new NexusError(code, `${operation}: a fault that the test planned`, { operation, outcome, context, cause })
  }
}
