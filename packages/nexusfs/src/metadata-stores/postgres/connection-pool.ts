import { isNexusError, NexusError } from '../../core/errors.ts'

/** What a pool needs to know of a connection. */
export interface PooledConnection {
  /** True once it can carry nothing more. */
  readonly isBroken: boolean
  close(): Promise<void>
}

export interface PoolPlan<Connection extends PooledConnection> {
  readonly size: number
  readonly location: string
  open(): Promise<Connection>
}

/** At most `size` connections, opened when they are needed, each lent to one user at a time, first come, first served. */
export class ConnectionPool<Connection extends PooledConnection> {
  readonly #plan: PoolPlan<Connection>
  readonly #idle: Connection[] = []
  readonly #waiting: Waiter<Connection>[] = []
  /** Lent, idle, and being opened. */
  #count = 0
  #opening = 0
  /** Until then no further connection is tried, since the server has refused one for want of room. */
  #fullUntil = 0
  #isClosed = false
  #whenEmpty: (() => void) | undefined

  constructor(plan: PoolPlan<Connection>) {
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
      if (this.#hasRoom()) {
        const opened = await this.#open()
        if (opened !== undefined) return opened
        continue
      }
      const lent = await this.#wait(deadline)
      if (lent !== undefined) return lent
    }
  }

  #hasRoom(): boolean {
    return this.#count < this.#plan.size && (this.#count === 0 || performance.now() >= this.#fullUntil)
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined || !connection.isBroken) return connection
      this.#forget()
    }
  }

  /** `undefined` if the server has no connection left, while others of this pool still work: the caller waits for one of them. */
  async #open(): Promise<Connection | undefined> {
    this.#count++
    this.#opening++
    try {
      return await this.#plan.open()
    } catch (error) {
      const others = this.#count - this.#opening
      if (others === 0 || !isNexusError(error) || error.context.sqlState !== '53300') {
        this.#forget()
        throw error
      }
      // Nobody is woken: the next would only be refused too.
      this.#count--
      this.#fullUntil = performance.now() + fullMs
      return undefined
    } finally {
      this.#opening--
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
      const waiter: Waiter<Connection> = { take: settle, retry: () => settle(undefined) }
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

const fullMs = 1_000

interface Waiter<Connection> {
  take(connection: Connection): void
  retry(): void
}
