import { type Channel, channel } from 'node:diagnostics_channel'
import { isNexusError, NexusError, throwIfAborted } from '../../core/errors.ts'
import { type ReadOnlyReason, readOnlyError } from '../../core/read-only-reason.ts'
import { EventLoopYield } from '../../engine-kit/event-loop.ts'
import { type OperationName, operations } from '../model/operations.ts'
import { noOptions, takeOptions } from '../model/take-options.ts'

/** What subscribers of `nexus:<operation>` get, once the call is over. */
export interface OperationEvent {
  readonly operation: string
  readonly path: string
  /** Milliseconds. */
  readonly duration: number
  /** The code, if the call failed. */
  readonly code?: string | undefined
}

const channels = new Map<OperationName, Channel>()

function eventsOf(operation: OperationName): Channel {
  const known = channels.get(operation)
  if (known !== undefined) return known
  const events = channel(`nexus:${operation}`)
  channels.set(operation, events)
  return events
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

/**
 * The calls under way of one open file system: refuses new ones once it closes, and knows when the last is over. Where many are made at
 * once, those that come after 2 ms of work begin in later turns of the event loop, in the order of the calls.
 */
export class Calls {
  readonly #readOnly: ReadOnlyReason | undefined
  readonly #turns = new EventLoopYield()
  #running = 0
  #isClosed = false
  #drained: (() => void) | undefined

  /** @param readOnly why nothing can be changed; `undefined` if it can */
  constructor(readOnly?: ReadOnlyReason) {
    this.#readOnly = readOnly
  }

  /**
   * @param given what belongs to the caller, who may change it before `work` begins; held only if `work` has to wait
   * @throws {NexusError} Closed; InvalidArgument for wrong options; ReadOnly for what changes something where nothing can be changed; Unexpected, with the cause, for an error that nobody foresaw;
   * Aborted, outcome none, if the caller cancels before the work begins
   */
  async run<T, Options extends object>(
    operation: OperationName,
    path: string,
    options: Options,
    work: (options: Options) => Promise<T>,
    given?: { hold(): void },
  ): Promise<T> {
    if (this.#isClosed) throw new NexusError('Closed', `${operation} ${path}: the file system was closed`, { operation })
    const events = eventsOf(operation)
    const started = events.hasSubscribers ? performance.now() : 0
    this.#running++
    let code: string | undefined
    try {
      const own = takeOptions(operation, options)
      if (this.#readOnly !== undefined) refuseChange(operation, path, own, this.#readOnly)
      if (this.#turns.isOverdue()) {
        given?.hold()
        await this.#turn(operation, own)
      }
      return await work(own)
    } catch (error) {
      const told = toTold(error, operation, path)
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

  /** A caller that cancels while it waits is told at once; nothing was begun. */
  async #turn(operation: OperationName, { signal }: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    await this.#turns.next(signal)
    throwIfAborted(signal, operation, 'none')
  }

  /** The items of pages that are fetched one by one, each as a call of its own. */
  pages<T, Options extends object>(
    operation: OperationName,
    path: string,
    options: Options,
    begin: (options: Options) => AsyncGenerator<Iterable<T>, void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    const taken = attempt(() => takeOptions(operation, options))
    return this.#each(operation, path, () => begin(taken()))
  }

  async *#each<T>(
    operation: OperationName,
    path: string,
    begin: () => AsyncGenerator<Iterable<T>, void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    let pages: AsyncGenerator<Iterable<T>, void, undefined> | undefined
    try {
      for (;;) {
        const { value, done } = await this.run(operation, path, noOptions, () => {
          pages ??= begin()
          return pages.next()
        })
        if (done || value === undefined) return
        // A `yield*` makes three promises more for each item.
        for (const item of value) yield item
      }
    } finally {
      await pages?.return()
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

/**
 * An import that only looks does not count as a change.
 * @throws {NexusError} ReadOnly, outcome none
 */
function refuseChange(
  operation: OperationName,
  path: string,
  options: { readonly dryRun?: boolean | undefined },
  readOnly: ReadOnlyReason,
): void {
  if (!operations[operation].mutates || options.dryRun === true) return
  const what = path === '' ? operation : `${operation} ${path}`
  throw readOnlyError(`${what}: the store takes no writes`, readOnly, { operation, context: { path } })
}

/** Does the work now; what it gave, or threw, is for later. */
function attempt<T>(work: () => T): () => T {
  try {
    const value = work()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function toTold(error: unknown, operation: string, path: string): unknown {
  if (error instanceof CallerError) return error.thrown
  if (isNexusError(error)) return error
  if (isMemoryError(error)) {
    const advice = operation === 'readText' ? 'use read, which gives bytes' : 'use smaller content'
    const message = `${operation} ${path}: the content is too large for the memory of this process`
    return new NexusError('Unsupported', message, { advice, operation, context: { path }, cause: error })
  }
  const what = error instanceof Error ? error.message : String(error)
  return new NexusError('Unexpected', `${operation}: ${what}`, {
    advice: 'this is a bug of Nexus, please report it',
    operation,
    cause: error,
  })
}

/** What V8 and Node say where an array or a string would be larger than they allow, or than memory holds. */
const codes = ['ERR_STRING_TOO_LONG', 'ERR_BUFFER_TOO_LARGE', 'ERR_MEMORY_ALLOCATION_FAILED']
const messages = /^(Array buffer allocation failed|Invalid (typed )?array( buffer)? length|Invalid string length)/i

/** True for the error of content that is too large for one array or string of this process. */
export function isMemoryError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && codes.some((code) => code === error.code)) return true
  return error instanceof RangeError && messages.test(error.message)
}
