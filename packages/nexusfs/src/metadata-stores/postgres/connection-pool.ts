import { isNexusError, NexusError } from '../../core/errors.ts'
import { stallAwareTimer } from '../../engine-kit/event-loop.ts'
import { Fifo } from '../../engine-kit/waiting-line.ts'

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
  readonly #waiting = new Fifo<Waiter<Connection>>()
  /** When work on a connection was last done: as long as it is, nobody waits in vain. */
  #movedAt = Number.NEGATIVE_INFINITY
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
   * Lends a connection to `work`; gives up after so many milliseconds in which no work of others was done.
   * @throws {NexusError} Timeout if all stay busy, Closed, or why none can be opened: all with the outcome `none`
   */
  async use<T>(waitMs: number, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire(waitMs)
    try {
      const result = await work(connection)
      this.#movedAt = performance.now()
      return result
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
    for (let waiter = this.#nextWaiter(); waiter !== undefined; waiter = this.#nextWaiter()) waiter.refuse(this.#closed())
    await Promise.all(this.#idle.splice(0).map((connection) => this.#discard(connection)))
    if (this.#count > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve
      })
    }
  }

  async #acquire(waitMs: number): Promise<Connection> {
    if (this.#isClosed) throw this.#closed()
    const idle = this.#takeIdle()
    if (idle !== undefined) return idle
    const acquired = this.#wait(waitMs)
    this.#grow()
    return acquired
  }

  /** Opens a connection for the caller that is first when it is there, if somebody waits and there is room. */
  #grow(): void {
    if (!this.#isClosed && this.#hasRoom() && this.#opening < this.#waiting.size) void this.#open()
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

  /** Where the server has no connection left, while others of this pool still work, callers go on waiting for one of them. */
  async #open(): Promise<void> {
    this.#count++
    this.#opening++
    const began = performance.now()
    try {
      const connection = await this.#plan.open()
      this.#opening--
      this.#release(connection)
    } catch (error) {
      this.#opening--
      const isFull = isNexusError(error) && error.context.sqlState === '53300' && this.#count - this.#opening > 1
      if (isFull) this.#fullUntil = performance.now() + fullMs
      else this.#refuseFirst(error, began)
      this.#forget()
    }
  }

  /** The first connection that comes free. */
  #wait(waitMs: number): Promise<Connection> {
    const since = performance.now()
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const left = Math.max(since, this.#movedAt) + waitMs - performance.now()
        if (left > 0) {
          timer = stallAwareTimer(left, look)
          return
        }
        waiter.isOver = true
        const waited = `waited ${Math.round(performance.now() - since)} ms for one of ${this.#plan.size} connections`
        reject(this.#refusal('Timeout', `not sent: ${waited}`, 'raise poolSize, or look for calls that take long'))
      }
      let timer = stallAwareTimer(waitMs, look)
      const waiter: Waiter<Connection> = {
        since,
        isOver: false,
        take: (connection) => {
          timer.clear()
          resolve(connection)
        },
        refuse: (error) => {
          timer.clear()
          reject(error)
        },
      }
      this.#waiting.push(waiter)
    })
  }

  /** Who has come since the attempt began waits for another. */
  #refuseFirst(error: unknown, began: number): void {
    while (this.#waiting.first?.isOver) this.#waiting.shift()
    if ((this.#waiting.first?.since ?? Number.POSITIVE_INFINITY) <= began) this.#nextWaiter()?.refuse(error)
  }

  #nextWaiter(): Waiter<Connection> | undefined {
    let waiter = this.#waiting.shift()
    while (waiter?.isOver) waiter = this.#waiting.shift()
    return waiter
  }

  #release(connection: Connection): void {
    if (this.#isClosed || connection.isBroken) {
      void this.#discard(connection)
      return
    }
    const waiter = this.#nextWaiter()
    if (waiter === undefined) this.#idle.push(connection)
    else waiter.take(connection)
  }

  async #discard(connection: Connection): Promise<void> {
    await connection.close()
    this.#forget()
  }

  #forget(): void {
    this.#count--
    this.#grow()
    if (this.#count === 0) this.#whenEmpty?.()
  }

  #closed(): NexusError {
    return this.#refusal('Closed', 'the store is closed', 'open it again')
  }

  #refusal(code: 'Closed' | 'Timeout', what: string, advice: string): NexusError {
    return new NexusError(code, `metadata: ${what}, at ${this.#plan.location}`, { advice, outcome: 'none' })
  }
}

const fullMs = 1_000

interface Waiter<Connection> {
  readonly since: number
  /** It has given up. */
  isOver: boolean
  take(connection: Connection): void
  refuse(error: unknown): void
}
