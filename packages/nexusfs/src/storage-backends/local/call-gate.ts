import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { toNexusError } from './to-nexus-error.ts'

export interface GatedCall {
  readonly operation: string
  readonly key?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Lets calls in until it is closed, counts those under way, and gives every error its type. */
export class CallGate {
  readonly #location: string
  #underWay = 0
  #isClosed = false
  #onQuiet: (() => void) | undefined

  constructor(location: string) {
    this.#location = location
  }

  /**
   * @throws {NexusError} Closed, Aborted, and what the work throws
   */
  async run<Value>(call: GatedCall, work: () => Promise<Value>): Promise<Value> {
    this.check(call)
    this.#underWay += 1
    try {
      return await work()
    } catch (error) {
      throw toNexusError(error, { operation: call.operation, key: call.key, location: this.#location })
    } finally {
      this.#leave()
    }
  }

  /**
   * @throws {NexusError} Closed once the gate is closed, Aborted if the signal has fired
   */
  check({ operation, signal }: GatedCall): void {
    if (this.#isClosed)
      throw new NexusError('Closed', `${operation}: the backend is closed`, { advice: 'open it again', operation })
    throwIfAborted(signal, operation)
  }

  /** Work that nobody waits for and whose failure means nothing, such as closing a file that was read; `quiet` waits for it. */
  background(work: Promise<unknown>): void {
    this.#underWay += 1
    const leave = (): void => this.#leave()
    work.then(leave, leave)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** No call comes in any more. */
  close(): void {
    this.#isClosed = true
  }

  /** Resolves as soon as nothing is under way. For one waiter, after `close`. */
  quiet(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onQuiet = resolve
    })
  }

  #leave(): void {
    this.#underWay -= 1
    if (this.#underWay === 0) this.#onQuiet?.()
  }
}
