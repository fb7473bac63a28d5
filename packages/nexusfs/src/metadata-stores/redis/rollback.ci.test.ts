// Guards: metadata-stores/redis/client.ts, engine-kit/high-water-mark.ts

import assert from 'node:assert/strict'
import { afterAll, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { revisionsPerEpoch, toRevision } from '../../core/revision.ts'
import { failure, key, mustPut, mustStart, put, startServer, stopServers, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const server = await startServer()
const url = server?.url() ?? ''

afterAll(stopServers)

describe.skipIf(server === undefined)('RedisStore notices that the server went back', () => {
  it('a server restored from an older state is refused as rolled back, for good', async () => {
    const own = await mustStart()
    const store = await RedisStore.open({ url: own.url() })
    const older = await mustPut(store, 'a')
    await mustPut(store, 'b')
    await own.command('HSET', 'nexus:state', 'revision', String(older))
    for (const call of [() => put(store, 'c'), () => textOf(store, 'a'), () => store.horizon()]) {
      const error = await failure(call)
      assert.equal(error.code, 'Corrupt')
      assert.equal(error.context.reason, 'rolled back')
      assert.match(error.message, /raise the epoch/)
    }
    await own.command('HSET', 'nexus:state', 'revision', '1000')
    assert.equal((await failure(() => put(store, 'c'))).context.reason, 'rolled back', 'a counter that caught up proves nothing')
    await store.close()
  })

  it('a server that was emptied is refused, also if somebody made a new store there', async () => {
    const own = await mustStart()
    const store = await RedisStore.open({ url: own.url() })
    await mustPut(store, 'a')
    await own.command('FLUSHALL')
    const newer = await RedisStore.open({ url: own.url() })
    for (const item of ['a', 'b', 'c']) await mustPut(newer, item)
    assert.equal((await failure(() => put(store, 'd'))).context.reason, 'rolled back')
    await own.cutClients()
    assert.equal((await failure(() => textOf(store, 'a'))).context.reason, 'rolled back')
    await Promise.all([store.close(), newer.close()])
  })

  it('a raised epoch begins above every number of the old one', async () => {
    const store = await RedisStore.open({ url, prefix: 'epoch:' })
    await mustPut(store, 'a')
    assert.equal(await store.raiseEpoch(), revisionsPerEpoch)
    assert.equal(await mustPut(store, 'b'), revisionsPerEpoch + 1)
    assert.equal(await store.raiseEpoch(), 2 * revisionsPerEpoch)
    const { get } = await store.read({ get: [key('a'), key('b')] })
    assert.deepEqual(
      get.map((entry) => entry?.revision),
      [1, revisionsPerEpoch + 1],
    )
    await store.close()
  })

  it('revisions near 2^53 stay exact in values, in slots and in expectations', async () => {
    const store = await RedisStore.open({ url, prefix: 'high:' })
    const high = 1023 * revisionsPerEpoch + 2 ** 43 - 100
    await server?.command('HSET', 'high:state', 'revision', String(high))
    const revision = await mustPut(store, 'a')
    assert.equal(revision, high + 1)
    const slot = { ...key('x', 'l'), revisionAt: 1 }
    const [result] = await store.commit([
      {
        expect: [{ kind: 'at', key: key('a'), revision: toRevision(high + 1) }],
        writes: [{ kind: 'put', key: slot, value: utf8('') }],
      },
    ])
    assert.deepEqual(result, { status: 'committed', revision: high + 2 })
    const { scan } = await store.read({ scan: [{ group: utf8('l'), limit: 1 }] })
    const item = scan[0]?.entries[0]?.key.item ?? assert.fail('no entry')
    assert.equal(Number(Buffer.from(item).readBigUInt64BE(1)), high + 2)
    await store.close()
  })
})
