// Guards: metadata-stores/redis/client.ts, metadata-stores/redis/connection.ts

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, it } from 'vitest'
import { Deadline } from '../../engine-kit/deadline.ts'
import { RedisClient } from './client.ts'
import { loadClient } from './connection.ts'
import { toRedisPlace } from './options.ts'
import { failure, mustPut, put, startServer, stopServers, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const server = await startServer()

afterAll(stopServers)

/** A way to the server that can be away, that counts, and on which answers take their time. */
class Way {
  replyMs = 0
  made = 0
  /** The last thing that a client has sent. */
  lastSent = ''
  readonly #open = new Set<Socket>()
  readonly #server = createServer((client) => this.#link(client))
  #isUp = true

  static async listen(): Promise<Way> {
    const way = new Way()
    way.#server.listen(0, '127.0.0.1')
    await once(way.#server, 'listening')
    return way
  }

  get url(): string {
    const address = this.#server.address()
    return `redis://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }

  /** Connections of clients that have not ended. */
  get open(): number {
    return this.#open.size
  }

  goAway(): void {
    this.#isUp = false
    for (const client of this.#open) client.destroy()
  }

  comeBack(): void {
    this.#isUp = true
  }

  async close(): Promise<void> {
    this.goAway()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #link(client: Socket): void {
    if (!this.#isUp) {
      client.destroy()
      return
    }
    this.made += 1
    this.#open.add(client)
    const target = connect(server?.port ?? 0, '127.0.0.1')
    client.on('data', (request) => {
      this.lastSent = request.toString('latin1')
      target.write(request)
    })
    target.on('data', (reply) => setTimeout(() => client.write(reply), this.replyMs))
    client
      .on('error', () => undefined)
      .on('close', () => {
        this.#open.delete(client)
        target.destroy()
      })
    target.on('error', () => undefined).on('close', () => client.destroy())
  }
}

describe.skipIf(server === undefined)('RedisStore when its server was away', () => {
  it('makes one connection for those who waited and those who come, refuses nobody, and leaves none open', async () => {
    const way = await Way.listen()
    const store = await RedisStore.open({ url: way.url, prefix: 'away:' })
    await mustPut(store, 'a', 'text')
    way.goAway()
    // Looks again after 10, 20, 40, ... ms, and sleeps when the server comes back.
    const early = textOf(store, 'a')
    await sleep(400)
    way.comeBack()
    way.replyMs = 5
    const writing = (async () => {
      for (const end = performance.now() + 1_000; performance.now() < end; ) await mustPut(store, 'b')
    })()
    assert.equal(await early, 'text')
    await writing
    assert.deepEqual([way.made, way.open], [2, 1])
    await store.close()
    await sleep(50)
    assert.equal(way.open, 0)
    await way.close()
  })

  it('a revision that is acknowledged while a connection is made does not make the server look older', async () => {
    const way = await Way.listen()
    const direct = await RedisStore.open({ url: server?.url() ?? '', prefix: 'meanwhile:' })
    const client = new RedisClient(await loadClient(), toRedisPlace({ url: way.url, prefix: 'meanwhile:' }))
    const call = new Deadline('metadata.read', 5_000, undefined)
    await client.open(call, { create: false })
    client.abandon(await client.connection(call))
    way.replyMs = 150
    way.lastSent = ''
    const connecting = client.connection(call)
    while (!way.lastSent.includes('EVALSHA')) await sleep(1)
    // The server has been asked for its revision, and the answer is on the way.
    await sleep(20)
    client.saw(await mustPut(direct, 'a'))
    assert.ok((await connecting).isOpen)
    await Promise.all([client.close(), direct.close()])
    await way.close()
  })

  it('leaves no connection behind when it is closed while nobody waits for one any more', async () => {
    const way = await Way.listen()
    const store = await RedisStore.open({ url: way.url, prefix: 'closed:' })
    way.goAway()
    await sleep(20)
    const cancel = new AbortController()
    const cancelled = failure(async () => {
      await store.commit([{ expect: [], writes: [{ kind: 'put', key, value: key.item }] }], { signal: cancel.signal })
    })
    await sleep(100)
    cancel.abort()
    assert.equal((await cancelled).code, 'Aborted')
    await store.close()
    way.comeBack()
    await sleep(1_000)
    assert.equal(way.open, 0)
    assert.equal((await failure(() => put(store, 'a'))).code, 'Closed')
    await way.close()
  })
})

const key = { group: Buffer.from('g'), item: Buffer.from('a') }
