import { channel } from 'node:diagnostics_channel'
import { isNexusError, NexusError } from '../core/errors.ts'
import { checkOptions } from './check-options.ts'

/** What subscribers of `nexus:<operation>` get, once the call is over. */
export interface OperationEvent {
  readonly operation: string
  readonly path: string
  /** Milliseconds. */
  readonly duration: number
  /** The code, if the call failed. */
  readonly code?: string | undefined
}

/** An error of a caller's own function, on its way back to the caller as it is. */
export class CallerError extends Error {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    super('thrown by a function of the caller')
    this.thrown = thrown
  }
}

/** Calls a function of the caller, if there is one. */
export function tell<T>(listener: ((told: T) => void) | undefined, told: T): void {
  try {
    listener?.(told)
  } catch (error) {
    throw new CallerError(error)
  }
}

/** The calls under way of one open file system: refuses new ones once it closes, and knows when the last is over. */
export class Calls {
  #running = 0
  #isClosed = false
  #drained: (() => void) | undefined

  /**
   * @throws {NexusError} Closed; InvalidArgument for wrong options; Unexpected, with the cause, for an error that nobody foresaw
   */
  async run<T>(operation: string, path: string, options: object, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new NexusError('Closed', `${operation} ${path}: the file system was closed`, { operation })
    const events = channel(`nexus:${operation}`)
    const started = events.hasSubscribers ? performance.now() : 0
    this.#running++
    let code: string | undefined
    try {
      checkOptions(operation, options)
      return await work()
    } catch (error) {
      const told = toTold(error, operation)
      code = isNexusError(told) ? told.code : undefined
      throw told
    } finally {
      this.#running--
      if (this.#running === 0) this.#drained?.()
      if (events.hasSubscribers) {
        events.publish({ operation, path, duration: performance.now() - started, code } satisfies OperationEvent)
      }
    }
  }

  /** The items of pages that are fetched one by one, each as a call of its own. */
  async *pages<T>(
    operation: string,
    path: string,
    options: object,
    pages: AsyncGenerator<readonly T[], void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const { value, done } = await this.run(operation, path, options, () => pages.next())
        if (done || value === undefined) return
        yield* value
      }
    } finally {
      await pages.return()
    }
  }

  /** Refuses new calls and waits for those under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#running === 0) return
    await new Promise<void>((resolve) => {
      this.#drained = resolve
    })
  }
}

function toTold(error: unknown, operation: string): unknown {
  if (error instanceof CallerError) return error.thrown
  if (isNexusError(error)) return error
  const what = error instanceof Error ? error.message : String(error)
  return new NexusError('Unexpected', `${operation}: ${what}; this is a bug of Nexus, please report it`, {
    operation,
    cause: error,
  })
}
