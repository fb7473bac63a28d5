import { setTimeout as sleep } from 'node:timers/promises'
import { NexusError } from '../../core/errors.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import type { Deadline } from '../../engine-kit/deadline.ts'
import { Listeners } from '../../engine-kit/listeners.ts'
import type { Watch } from '../../metadata/metadata-store.ts'
import { Connection, type RedisClientClass } from './connection.ts'
import type { RedisPlace } from './options.ts'

const operation = 'metadata.watch'
/** A connection that is cut off without a word is noticed after at most this long, and the time to connect. */
const checkMs = 15_000
const slowestRetryMs = 5_000

/**
 * Subscribes to the channel of a store on a connection of its own. Messages may be lost while it is broken, so the listener is
 * called each time it has been restored.
 */
export class RedisWatch implements Watch {
  readonly #client: RedisClientClass
  readonly #place: RedisPlace
  readonly #channel: string
  readonly #listeners = new Listeners()
  readonly #onClose: () => void
  readonly #closed = new AbortController()
  #connection: Connection | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(client: RedisClientClass, place: RedisPlace, channel: string, listener: () => void, onClose: () => void) {
    this.#client = client
    this.#place = place
    this.#channel = channel
    this.#listeners.add(listener)
    this.#onClose = onClose
  }

  /**
   * Returns when the subscription stands.
   * @throws {NexusError} Unavailable, Timeout, PermissionDenied, Aborted
   */
  async start(call: Deadline): Promise<void> {
    const first = this.#subscribe()
    try {
      await call.race(first, () => 'none')
    } catch (error) {
      // The attempt ends by itself, and finds that it is not wanted any more.
      first.catch(ignore)
      await this.close()
      throw error
    }
    this.#work = this.#keep()
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#listeners.clear()
    this.#connection?.drop()
    this.#onClose()
    await this.#work
  }

  async #subscribe(): Promise<void> {
    const connection = await Connection.open(this.#client, this.#place, async (fresh) => {
      fresh.onMessage(() => this.#listeners.notify())
      // In lower case: the client knows the command only so.
      await fresh.send(operation, 'subscribe', [this.#channel])
    })
    if (this.#closed.signal.aborted) connection.drop()
    this.#connection?.drop()
    this.#connection = connection
  }

  /** Until closed: waits for the end of the connection, then makes another. */
  async #keep(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      await this.#untilBroken()
      await this.#restore()
      if (!this.#closed.signal.aborted) this.#listeners.notify()
    }
  }

  async #untilBroken(): Promise<void> {
    const connection = this.#connection
    if (connection === undefined) return
    const ended = new Promise<void>((resolve) => connection.onEnd(resolve))
    while (connection.isOpen) {
      await Promise.race([ended, this.#pause(checkMs)])
      if (connection.isOpen && !(await this.#answers(connection))) connection.drop()
    }
  }

  async #answers(connection: Connection): Promise<boolean> {
    try {
      const asked = connection.send(operation, 'ping', [])
      await Promise.race([asked, this.#pause(this.#place.connectMs).then(() => Promise.reject(silent()))])
      return true
    } catch {
      return false
    }
  }

  async #restore(): Promise<void> {
    const backoff = new Backoff({ firstMs: 20, longestMs: slowestRetryMs })
    while (!this.#closed.signal.aborted) {
      try {
        return await this.#subscribe()
      } catch {
        await this.#pause(backoff.next())
      }
    }
  }

  /** Ends early, without an error, when the watch is closed; does not keep the process alive. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closed.signal, ref: false }).catch(ignore)
  }
}

function silent(): NexusError {
  return new NexusError('Timeout', 'redis: no answer to PING', { operation })
}

function ignore(): void {}
