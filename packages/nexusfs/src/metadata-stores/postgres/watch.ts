import { Listeners } from '../../engine-kit/listeners.ts'
import type { Watch } from '../../metadata/metadata-store.ts'
import type { Connection } from './connection.ts'

export interface WatchPlan {
  /** How often to look without being told, in milliseconds. */
  readonly intervalMs: number
  /** A connection that listens, already marked as listening; `undefined` where no session is ours. */
  listen(): Promise<Connection | undefined>
  /** Changes whenever there is something new to see. */
  position(): Promise<string>
  /** Wakes the listeners of other processes. */
  notify(): Promise<void>
}

/**
 * Tells listeners that commits happened. The truth is a look at the position, now and then; a notice of the server makes it soon.
 * Notices are sent after the commit, by its client, at most every 20 ms: inside a commit they would make all commits of the server
 * queue for one lock. A lost notice (a client that dies in between) is made good by the next look.
 */
export class StoreWatches {
  readonly #plan: WatchPlan
  readonly #listeners = new Listeners()
  #connection: Connection | undefined
  #starting: Promise<void> | undefined
  #position = ''
  #looking: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #notice: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(plan: WatchPlan) {
    this.#plan = plan
  }

  async add(listener: () => void): Promise<Watch> {
    this.#starting ??= this.#start()
    try {
      await this.#starting
    } catch (error) {
      this.#starting = undefined
      throw error
    }
    const stop = this.#listeners.add(listener)
    return {
      close: async () => {
        stop()
        if (this.#listeners.size === 0) await this.#stop()
      },
    }
  }

  /** This process has committed. */
  committed(): void {
    this.#listeners.notify()
    if (this.#notice !== undefined || this.#isClosed) return
    this.#notice = setTimeout(() => {
      this.#notice = undefined
      void this.#plan.notify().catch(ignore)
    }, noticeMs)
    this.#notice.unref()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#notice)
    this.#listeners.clear()
    await this.#stop()
  }

  async #start(): Promise<void> {
    await this.#listen()
    this.#position = await this.#plan.position()
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined
      })
    }, this.#plan.intervalMs)
    this.#timer.unref()
  }

  async #listen(): Promise<void> {
    const connection = await this.#plan.listen()
    connection?.onNotification(() => this.#listeners.notify())
    connection?.onEnd(() => {
      if (this.#connection === connection) this.#connection = undefined
    })
    this.#connection = connection
  }

  /** An error says only that this look was in vain; the next one comes. */
  async #look(): Promise<void> {
    try {
      const position = await this.#plan.position()
      if (position !== this.#position) this.#listeners.notify()
      this.#position = position
      if (this.#connection === undefined && this.#listeners.size > 0) await this.#listen()
    } catch {
      // Told by the next call of the store itself.
    }
  }

  async #stop(): Promise<void> {
    const starting = this.#starting
    this.#starting = undefined
    await starting?.catch(ignore)
    clearInterval(this.#timer)
    await this.#looking
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }
}

const noticeMs = 20

function ignore(): void {}
