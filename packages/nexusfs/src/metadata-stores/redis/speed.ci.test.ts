// Guards: metadata-stores/redis/commit.ts, metadata-stores/redis/read.ts

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, describe, it } from 'vitest'
import { type Contender, compare, fiveKeys, newFiles } from '../../metadata/store-speed.test-fixture.ts'
import { startServer, stopServers } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

// The limits asserted are far below the goals: they tell a mechanism that is broken from one that works, on any machine. The goals and
// what was reached stand in the README.

const server = await startServer()
const closing: (() => Promise<unknown>)[] = []

async function open(): Promise<RedisStore> {
  const store = await RedisStore.open({ url: server?.url() ?? '' })
  closing.push(() => store.close())
  return store
}

function connect(): Redis {
  const client = new Redis({ port: server?.port ?? 0, host: '127.0.0.1' })
  closing.push(() => client.quit())
  return client
}

/** The shortest script that changes something; all callers share a connection, as those of a store do. */
async function byHand(): Promise<Contender> {
  const client = connect()
  const sha = String(await client.script('LOAD', "return redis.call('SET', KEYS[1], ARGV[1])"))
  return {
    name: 'a one-line script by hand',
    run: () => client.evalsha(sha, 1, `bare:${randomBytes(16).toString('hex')}`, 'v'.repeat(120)),
  }
}

describe.skipIf(server === undefined)('speed on loopback, beside the same server by hand', () => {
  afterAll(async () => {
    for (const close of closing) await close()
    await stopServers()
  })

  it.each([1, 10, 50])('%i writers', async (writers) => {
    const store = await open()
    const ratios = await compare(writers, [await byHand(), await newFiles('commit', store, writers)])
    assert((ratios.get('commit') ?? 0) > 0.1)
  })

  it('one directory', async () => {
    const store = await open()
    const spread = await compare(10, [
      await newFiles('different directories', store, 10),
      await newFiles('one directory', store, 1),
    ])
    assert((spread.get('one directory') ?? 0) > 0.5)
  })

  it('one reader', async () => {
    const [store, client] = [await open(), connect()]
    const keys = await fiveKeys(store)
    await client.set('bare:known', 'v'.repeat(150))
    const ratios = await compare(1, [
      { name: 'GET by hand', run: () => client.get('bare:known') },
      { name: 'read of one key', run: () => store.read({ get: keys.slice(0, 1) }) },
      { name: 'read of five keys', run: () => store.read({ get: keys }) },
    ])
    assert((ratios.get('read of one key') ?? 0) > 0.1)
  })
})
