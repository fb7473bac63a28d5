// Guards: metadata-stores/redis/admin.ts, metadata-stores/redis/load.ts, metadata-stores/redis/README.md

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterAll, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { toRevision } from '../../core/revision.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { failure, key, mustPut, put, refusal, startServer, stopServers, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const server = await startServer()
const url = server?.url() ?? ''

afterAll(stopServers)

describe.skipIf(server === undefined)('RedisStore.load and drop', () => {
  it('while a load runs everybody else is refused, and afterwards not', async () => {
    const store = await RedisStore.open({ url, prefix: 'load:' })
    const other = await RedisStore.open({ url, prefix: 'load:' })
    const codes: string[] = []
    await store.load(
      (async function* () {
        yield entry('a', 5)
        codes.push((await failure(() => put(other, 'x'))).code)
        codes.push((await failure(() => textOf(other, 'a'))).code)
        codes.push((await refusal({ url, prefix: 'load:' })).code)
        yield entry('b', 9)
      })(),
    )
    assert.deepEqual(codes, ['Unavailable', 'Unavailable', 'Unavailable'])
    assert.equal(await mustPut(other, 'c'), 10)
    await Promise.all([store.close(), other.close()])
  })

  it('a load that fails behind many entries leaves an empty store', async () => {
    const store = await RedisStore.open({ url, prefix: 'undone:' })
    const broken = async function* (): AsyncGenerator<MetadataEntry> {
      for (let i = 0; i < 3_500; i++) yield entry(`${i}`, i + 1, `g${i % 3}`)
      throw new Error('the source broke')
    }
    await assert.rejects(store.load(broken()), /the source broke/)
    const groups = ['g0', 'g1', 'g2'].map((group) => ({ group: utf8(group), limit: 1 }))
    const { scan } = await store.read({ scan: groups })
    assert.deepEqual(
      scan.map(({ entries }) => entries.length),
      [0, 0, 0],
    )
    assert.deepEqual(await server?.command('HGET', 'undone:state', 'entries'), '0')
    await store.load(
      (async function* () {
        yield entry('a', 4_000)
      })(),
    )
    await store.close()
  })

  it('a load whose process died leaves a store that is refused until it is dropped', async () => {
    await (await RedisStore.open({ url, prefix: 'dead:' })).close()
    await server?.command('HSET', 'dead:state', 'loading', 'a token of the dead')
    const error = await refusal({ url, prefix: 'dead:' })
    assert.equal(error.code, 'Unavailable')
    assert.match(error.message, /drop the prefix dead:/)
    await RedisStore.drop({ url, prefix: 'dead:' })
    const store = await RedisStore.open({ url, prefix: 'dead:' })
    await mustPut(store, 'a')
    await store.close()
  })

  it('drop removes every key of the prefix and no other', async () => {
    for (const prefix of ['gone:', 'kept:']) {
      const store = await RedisStore.open({ url, prefix })
      for (let i = 0; i < 30; i++) await mustPut(store, `${i}`)
      await store.close()
    }
    await RedisStore.drop({ url, prefix: 'gone:' })
    await RedisStore.drop({ url, prefix: 'gone:' })
    assert.deepEqual(await server?.command('KEYS', 'gone:*'), [])
    const kept = await RedisStore.open({ url, prefix: 'kept:', create: false })
    assert.equal(await textOf(kept, '29'), '')
    await kept.close()
  })

  it('two prefixes, and two databases, are two stores', async () => {
    const stores = await Promise.all([
      RedisStore.open({ url, prefix: 'one:' }),
      RedisStore.open({ url: `${url}?prefix=two:` }),
      RedisStore.open({ url: `${url}/1`, prefix: 'one:' }),
    ])
    for (const [i, store] of stores.entries()) await mustPut(store, 'a', String(i))
    assert.deepEqual(await Promise.all(stores.map((store) => textOf(store, 'a'))), ['0', '1', '2'])
    await Promise.all(stores.map((store) => store.close()))
  })
})

describe.skipIf(server === undefined)('the rights in the README of the adapter', () => {
  const line = readFileSync(new URL('README.md', import.meta.url), 'utf8')
    .split('\n')
    .find((text) => text.startsWith('ACL SETUSER nexus '))
  const words = line?.replace('PASSWORD', 'pw').split(' ').slice(1) ?? []
  const options = { url: server?.url('nexus:pw@') ?? '' }

  it('suffice for every call', async () => {
    await server?.command('ACL', ...words)
    const store = await RedisStore.open(options)
    const watch = await store.watch(() => undefined)
    await store.load(entries(5))
    assert.equal(await mustPut(store, 'b', 'text'), 6)
    assert.equal(await textOf(store, 'b'), 'text')
    await store.commit([{ expect: [], writes: [{ kind: 'delete', key: key('a') }] }])
    await store.raiseEpoch()
    await watch.close()
    await store.close()
    await server?.command('ACL', ...words, '+scan', '+unlink')
    await RedisStore.drop(options)
  })

  it('are missed at open, one by one, where a commit would need them', async () => {
    await server?.command('ACL', ...words)
    for (const right of [
      'evalsha',
      'info',
      'exists',
      'set',
      'mset',
      'del',
      'getrange',
      'zadd',
      'zrem',
      'zlexcount',
      'hmget',
      'hincrby',
      'hset',
      'publish',
    ]) {
      await server?.command('ACL', ...words, `-${right}`)
      assert.equal((await refusal(options)).code, 'PermissionDenied', right)
      await server?.command('ACL', ...words)
    }
    await server?.command('DEL', 'nexus:state')
  })
})

function entry(item: string, revision: number, group = 'g'): MetadataEntry {
  return { key: key(item, group), value: utf8(item), revision: toRevision(revision) }
}

async function* entries(...revisions: readonly number[]): AsyncGenerator<MetadataEntry> {
  for (const revision of revisions) yield entry('a', revision)
}
