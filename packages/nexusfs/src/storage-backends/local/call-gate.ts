import { InFlightCalls } from '../../engine-kit/in-flight-calls.ts'
import { toNexusError } from './errors.ts'

export interface GatedCall {
  readonly operation: string
  readonly key?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Lets calls in until it is closed, knows those under way, and gives every error its type. */
export class CallGate {
  readonly #location: string
  readonly #calls = new InFlightCalls()
  #isClosed = false

  constructor(location: string) {
    this.#location = location
  }

  /**
   * @throws {NexusError} Closed, Aborted, and what the work throws
   */
  async run<Value>(call: GatedCall, work: () => Promise<Value>): Promise<Value> {
    this.check(call)
    try {
      return await this.#calls.track(call.operation, work)
    } catch (error) {
      throw toNexusError(error, { operation: call.operation, key: call.key, location: this.#location })
    }
  }

  /**
   * @throws {NexusError} Closed once the gate is closed, Aborted if the signal has fired
   */
  check({ operation, signal }: GatedCall): void {
    this.#calls.refuseIfEnded(operation, signal)
  }

  /** Work that nobody waits for and whose failure means nothing, such as closing a file that was read; `close` waits for it. */
  background(work: Promise<unknown>): void {
    this.#calls.background(work)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** No call comes in any more; returns when those under way have ended. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#calls.close()
  }
}
