import { utf8 } from '../core/bytes.ts'
import { isNexusError, NexusError } from '../core/errors.ts'
import { type Id, newId } from '../core/id.ts'
import type { Clock, Random } from '../core/system.ts'
import { Backoff } from '../engine-kit/backoff.ts'
import { heartbeatKey, leaseKey } from '../metadata/keyspace.ts'
import type { Expectation, MetadataStore, StoreCallOptions } from '../metadata/metadata-store.ts'
import { encodeRecord } from '../metadata/record.ts'

const heartbeatMs = 20_000
/** How long a lease is tried for while replies are lost. */
const takeWithinMs = 30_000

/**
 * The right of this process to upload blobs that no row refers to yet. It is taken at the first upload; a sweep spares the blobs of
 * a process whose lease row is there, and a commit that introduces a blob expects the row. No row = the process has ended.
 */
export class ProcessLease {
  readonly #metadata: MetadataStore
  readonly #clock: Clock
  readonly #random: Random
  readonly #closed = new AbortController()
  #current: Promise<Id> | undefined
  #timer: NodeJS.Timeout | undefined
  #beats = 0

  constructor(metadata: MetadataStore, clock: Clock, random: Random) {
    this.#metadata = metadata
    this.#clock = clock
    this.#random = random
  }

  /**
   * The id under which to upload; takes the lease if there is none.
   * @throws {NexusError} Unavailable (outcome none) if replies are lost for 30 s, else what the metadata store throws
   */
  hold(): Promise<Id> {
    this.#current ??= this.#take().catch((error: unknown) => {
      this.#current = undefined
      throw error
    })
    return this.#current
  }

  /** What a commit expects that introduces a blob uploaded under this id. */
  expectation(process: Id): Expectation {
    return { kind: 'present', key: leaseKey(process) }
  }

  /** To be called when the expectation failed: another process has ended this lease, and its blobs may be gone. */
  lost(process: Id): void {
    const current = this.#current
    const forget = (id: Id): void => {
      if (id === process && this.#current === current) this.#forget()
    }
    current?.then(forget, () => undefined)
  }

  /** Gives the lease back; one that is being taken is not waited for. */
  async close(): Promise<void> {
    this.#closed.abort()
    const held = this.#current
    this.#forget()
    if (held === undefined) return
    const process = await held.catch(() => undefined)
    if (process !== undefined) await this.#drop(process)
  }

  async #take(): Promise<Id> {
    const process = await this.#putRows()
    this.#timer = setInterval(() => void this.#beat(process), heartbeatMs)
    this.#timer.unref()
    return process
  }

  /** An id whose reply was lost is never used: its rows may still come, even after others have ended it. */
  async #putRows(): Promise<Id> {
    const deadline = this.#clock.monotonic() + takeWithinMs
    const started = encodeRecord({ pid: globalThis.process.pid })
    for (const backoff = new Backoff({ firstMs: 10, longestMs: 1_000, random: this.#random }); ; ) {
      const process = newId(this.#random)
      try {
        await this.#commit(
          [
            { kind: 'put', key: leaseKey(process), value: started },
            { kind: 'put', key: heartbeatKey(process), value: utf8('0') },
          ],
          { signal: this.#closed.signal },
        )
        return process
      } catch (error) {
        if (isNexusError(error) && error.outcome === 'none') throw error
        if (isNexusError(error, 'Closed') || this.#closed.signal.aborted || this.#clock.monotonic() > deadline)
          throw notHeld(error)
      }
      await this.#clock.sleep(backoff.next())
    }
  }

  /** A missed beat is harmless: the next one, or the expectation of the next commit, tells. */
  async #beat(process: Id): Promise<void> {
    this.#beats++
    const put = { kind: 'put', key: heartbeatKey(process), value: utf8(String(this.#beats)) } as const
    await this.#metadata.commit([{ expect: [this.expectation(process)], writes: [put] }]).catch(() => undefined)
  }

  /** A lease that stays is fenced by others in time. */
  async #drop(process: Id): Promise<void> {
    await this.#commit([
      { kind: 'delete', key: leaseKey(process) },
      { kind: 'delete', key: heartbeatKey(process) },
    ]).catch(() => undefined)
  }

  async #commit(writes: Parameters<MetadataStore['commit']>[0][number]['writes'], options?: StoreCallOptions): Promise<void> {
    const [result] = await this.#metadata.commit([{ expect: [], writes }], options)
    if (result?.status === 'failed') throw result.error
    if (result?.status !== 'committed')
      throw new NexusError('Unexpected', 'the metadata store refused a commit that expects nothing')
  }

  #forget(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#current = undefined
  }
}

/** Nothing was uploaded, and no commit was begun that refers to anything. */
function notHeld(cause: unknown): NexusError {
  const what = cause instanceof Error ? cause.message : String(cause)
  return new NexusError('Unavailable', 'the metadata store gave no answer before an upload', {
    advice: `nothing was written: ${what}`,
    retry: 'exhausted',
    outcome: 'none',
    cause,
  })
}
