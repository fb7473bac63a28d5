import { NexusError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'

export interface PoolPlan {
  readonly size: number
  readonly location: string
  open(): Promise<Connection>
}

/** At most `size` connections, opened when they are needed, each lent to one user at a time, first come, first served. */
export class ConnectionPool {
  readonly #plan: PoolPlan
  readonly #idle: Connection[] = []
  readonly #waiting: Waiter[] = []
  /** Lent, idle, and being opened. */
  #count = 0
  #isClosed = false
  #whenEmpty: (() => void) | undefined

  constructor(plan: PoolPlan) {
    this.#plan = plan
  }

  /**
   * Lends a connection to `work`, within so many milliseconds.
   * @throws {NexusError} Timeout if all stay busy, Closed, or why none can be opened: all with the outcome `none`
   */
  async use<T>(waitMs: number, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire(performance.now() + waitMs)
    try {
      return await work(connection)
    } finally {
      this.#release(connection)
    }
  }

  /** Takes over a connection that was opened elsewhere. */
  adopt(connection: Connection): void {
    this.#count++
    this.#release(connection)
  }

  /** Waits for what is lent, then ends every connection. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const waiter of this.#waiting.splice(0)) waiter.retry()
    await Promise.all(this.#idle.splice(0).map((connection) => this.#discard(connection)))
    if (this.#count > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve
      })
    }
  }

  async #acquire(deadline: number): Promise<Connection> {
    for (;;) {
      if (this.#isClosed) throw this.#refusal('Closed', 'the store is closed; open it again')
      const idle = this.#takeIdle()
      if (idle !== undefined) return idle
      if (this.#count < this.#plan.size) {
        const opened = await this.#open()
        if (opened !== undefined) return opened
      }
      const lent = await this.#wait(deadline)
      if (lent !== undefined) return lent
    }
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined || !connection.isBroken) return connection
      this.#forget()
    }
  }

  /** `undefined` if the server has no connection left while others of this pool still work: the caller waits for one of them. */
  async #open(): Promise<Connection | undefined> {
    this.#count++
    try {
      return await this.#plan.open()
    } catch (error) {
      this.#forget()
      if (this.#count > 0 && error instanceof NexusError && error.context.sqlState === '53300') return undefined
      throw error
    }
  }

  /** A connection that came free, or `undefined` when it is worth trying again. */
  #wait(deadline: number): Promise<Connection | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        const advice = 'raise poolSize, or look for calls that take long'
        reject(this.#refusal('Timeout', `all ${this.#plan.size} connections stayed busy; ${advice}`))
      }, deadline - performance.now())
      const settle = (connection: Connection | undefined): void => {
        clearTimeout(timer)
        resolve(connection)
      }
      const waiter: Waiter = { take: settle, retry: () => settle(undefined) }
      this.#waiting.push(waiter)
    })
  }

  #release(connection: Connection): void {
    if (this.#isClosed || connection.isBroken) {
      void this.#discard(connection)
      return
    }
    const waiter = this.#waiting.shift()
    if (waiter === undefined) this.#idle.push(connection)
    else waiter.take(connection)
  }

  async #discard(connection: Connection): Promise<void> {
    await connection.close()
    this.#forget()
  }

  #forget(): void {
    this.#count--
    this.#waiting.shift()?.retry()
    if (this.#count === 0) this.#whenEmpty?.()
  }

  #refusal(code: 'Closed' | 'Timeout', what: string): NexusError {
    return new NexusError(code, `metadata: ${what}, at ${this.#plan.location}`, { context: { outcome: 'none' } })
  }
}

interface Waiter {
  take(connection: Connection): void
  retry(): void
}
