import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { NexusError } from '../../core/errors.ts'
import { ConnectionPool, type PooledConnection } from './connection-pool.ts'

class Fake implements PooledConnection {
  isBroken = false
  isClosed = false

  async close(): Promise<void> {
    this.isClosed = true
  }
}

/** A server with room for so many connections. */
class Server {
  readonly all: Fake[] = []
  readonly #most: number
  attempts = 0

  constructor(most: number) {
    this.#most = most
  }

  readonly open = async (): Promise<Fake> => {
    this.attempts++
    const isFull = this.all.filter((one) => !one.isClosed && !one.isBroken).length >= this.#most
    const fake = new Fake()
    if (!isFull) this.all.push(fake)
    await sleep(2)
    if (isFull) throw new NexusError('Unavailable', 'too many clients', { outcome: 'none', context: { sqlState: '53300' } })
    return fake
  }
}

function poolOf(server: Server, size: number): ConnectionPool<Fake> {
  return new ConnectionPool({ size, location: 'here', open: server.open })
}

describe('a pool of connections', () => {
  it('opens no more than its size, and lends each to one at a time', async () => {
    const server = new Server(100)
    const pool = poolOf(server, 3)
    const lent = new Set<Fake>()
    await Promise.all(
      Array.from({ length: 50 }, () =>
        pool.use(1_000, async (connection) => {
          assert(!lent.has(connection))
          lent.add(connection)
          await sleep(1)
          lent.delete(connection)
        }),
      ),
    )
    assert.equal(server.all.length, 3)
    await pool.close()
    assert(server.all.every(({ isClosed }) => isClosed))
  })

  it('gets along with fewer, if the server has no more, and does not ask again for each call', async () => {
    const server = new Server(2)
    const pool = poolOf(server, 30)
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 100 }, () => pool.use(1_000, () => sleep(1))))
    }
    assert.equal(server.all.length, 2)
    assert(server.attempts <= 30, `${server.attempts} attempts`)
    await pool.close()
  })

  it('says that the server is full if it has none at all', async () => {
    const pool = poolOf(new Server(0), 5)
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => pool.use(200, () => sleep(1))))
    for (const result of results) assert(result.status === 'rejected' && result.reason.context.sqlState === '53300')
    await pool.close()
  })

  it('replaces a broken one', async () => {
    const server = new Server(10)
    const pool = poolOf(server, 1)
    await pool.use(100, async (connection) => {
      connection.isBroken = true
    })
    await pool.use(100, async (connection) => assert.equal(connection.isBroken, false))
    const [, second] = server.all
    if (second !== undefined) second.isBroken = true
    await pool.use(100, async (connection) => assert.equal(connection.isBroken, false))
    assert.equal(server.all.length, 3)
    await pool.close()
  })

  it('gives up waiting in time, and serves the next all the same', async () => {
    const pool = poolOf(new Server(1), 1)
    const long = pool.use(100, () => sleep(60))
    await assert.rejects(
      pool.use(20, async () => {}),
      { code: 'Timeout', message: /not sent: waited \d+ ms for one of 1 connections/ },
    )
    await pool.use(100, async () => {})
    await long
    await pool.close()
  })

  it('keeps everybody waiting as long as work is done', async () => {
    const pool = poolOf(new Server(1), 1)
    await Promise.all(Array.from({ length: 30 }, () => pool.use(50, () => sleep(5))))
    await pool.close()
  })

  it('waits at close for what is lent, and refuses who waits or comes later', async () => {
    const server = new Server(1)
    const pool = poolOf(server, 1)
    let isOver = false
    const { promise: release, resolve: giveBack } = Promise.withResolvers<void>()
    const lent = pool.use(1000, async () => {
      await release
      isOver = true
    })
    await sleep(5)
    const waiting = assert.rejects(
      pool.use(1000, async () => {}),
      { code: 'Closed' },
    )
    const closing = pool.close()
    setTimeout(giveBack, 20)
    await closing
    assert(isOver && server.all[0]?.isClosed)
    await waiting
    await lent
    await assert.rejects(
      pool.use(100, async () => {}),
      { code: 'Closed' },
    )
  })
})
