// Guards: metadata-stores/redis/read.ts, metadata/checked-value.ts

import assert from 'node:assert/strict'
import { afterAll, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { failure, key, mustPut, mustStart, startServer, stopServers, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const server = await startServer()

afterAll(stopServers)

/** The key of an entry as a server that is asked by text knows it. */
function stored(item: string, prefix: string, group = 'g'): string {
  return `${prefix}e\0${String.fromCharCode(group.length)}${group}${item}`
}

describe.skipIf(server === undefined)('an entry in Redis', () => {
  it('is Corrupt after any one flipped bit, and never other bytes', async () => {
    const prefix = 'flip:'
    const store = await RedisStore.open({ url: server?.url() ?? '', prefix })
    await mustPut(store, 'a', 'text')
    const name = stored('a', prefix)
    const bits = 8 * Number(await server?.command('STRLEN', name))
    for (let bit = 0; bit < bits; bit++) {
      const was = String(await server?.command('GETBIT', name, String(bit)))
      await server?.command('SETBIT', name, String(bit), was === '1' ? '0' : '1')
      assert.equal((await failure(() => textOf(store, 'a'))).code, 'Corrupt', `bit ${bit}`)
      await server?.command('SETBIT', name, String(bit), was)
    }
    assert.equal(await textOf(store, 'a'), 'text')
    await store.close()
  })

  it('is Corrupt if it is that of another key', async () => {
    const prefix = 'swap:'
    const store = await RedisStore.open({ url: server?.url() ?? '', prefix })
    await store.commit([
      {
        expect: [],
        writes: ['a', 'b'].map((item) => ({ kind: 'put', key: { ...key(item), revisionAt: 1 }, value: utf8(item) })),
      },
    ])
    await mustPut(store, 'c', 'text')
    await mustPut(store, 'd', 'more')
    await server?.command('COPY', stored('c', prefix), stored('d', prefix), 'REPLACE')
    assert.equal((await failure(() => textOf(store, 'd'))).context.reason, 'checksum')
    const page = { group: utf8('g'), from: utf8('a'), to: utf8('c'), limit: 10 }
    assert.equal((await store.read({ scan: [page] })).scan[0]?.entries.length, 2)
    const slot = '\0\0\0\0\0\0\0\u0001'
    await server?.command('COPY', stored(`a${slot}`, prefix), stored(`b${slot}`, prefix), 'REPLACE')
    assert.equal((await failure(() => store.read({ scan: [page] }))).context.reason, 'checksum')
    await store.close()
  })
})

describe.skipIf(server === undefined)('the time in a reply', () => {
  it('is never below what the client of a commit was told, whatever the clock of the server says', async () => {
    const own = await mustStart()
    const store = await RedisStore.open({ url: own.url() })
    const { time: before } = await store.read({})
    await mustPut(store, 'a')
    // As a commit of a time when the clock of the server was a day ahead.
    const ahead = before + 86_400_000
    await own.command('HSET', 'nexus:state', 'time', String(ahead))
    const other = await RedisStore.open({ url: own.url() })
    assert.equal((await other.read({})).time, ahead)
    await mustPut(other, 'b')
    assert.equal((await store.read({})).time, ahead)
    await Promise.all([store.close(), other.close()])
  })

  it('that a client was told is kept by its next commit', async () => {
    const own = await mustStart()
    const store = await RedisStore.open({ url: own.url() })
    const { time } = await store.read({})
    await mustPut(store, 'a')
    assert.equal(Number(await own.command('HGET', 'nexus:state', 'time')), time)
    await store.close()
  })
})
