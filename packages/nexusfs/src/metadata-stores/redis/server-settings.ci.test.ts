// Guards: metadata-stores/redis/server-check.ts

import assert from 'node:assert/strict'
import { afterAll, describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import { failure, key, mustPut, mustStart, put, refusal, startServer, stopServers } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

/** What Debian's redis-server has without a change to its file. */
const debianDefaults = { appendonly: 'no', save: '3600 1 300 100 60 10000' }

const plain = await startServer()

afterAll(stopServers)

describe.skipIf(plain === undefined)('RedisStore checks the server before it trusts it', () => {
  it('a server with the default configuration is refused, and the message names both settings and the fix', async () => {
    const server = await mustStart(debianDefaults)
    const error = await refusal({ url: server.url() })
    assert.equal(error.code, 'InvalidConfig')
    for (const part of [
      'appendonly yes',
      'maxmemory-policy noeviction',
      'appendonly is no',
      'CONFIG SET appendonly yes',
      'acceptDataLoss',
    ]) {
      assert.ok(error.message.includes(part), `${part} is not in: ${error.message}`)
    }
  })

  it('a server that evicts is refused, and the message names both settings', async () => {
    const server = await mustStart({ 'maxmemory-policy': 'allkeys-lru' })
    const error = await refusal({ url: server.url() })
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /appendonly yes and maxmemory-policy noeviction.*maxmemory-policy is allkeys-lru/)
  })

  it('acceptDataLoss opens a server that may lose data, and says so in the class', async () => {
    const server = await mustStart(debianDefaults)
    const store = await RedisStore.open({ url: server.url(), acceptDataLoss: true })
    assert.equal(store.info.durability, 'none')
    await store.close()
  })

  it('appendfsync always is class disk, no is class os, and everysec, which may lose two seconds, is class none', async () => {
    assert.equal(await classWith({ appendfsync: 'always' }), 'disk')
    assert.equal(await classWith({ appendfsync: 'everysec' }), 'none')
    assert.equal(await classWith({ appendfsync: 'no' }), 'os')
    assert.equal(await classWith({ appendfsync: 'always', 'no-appendfsync-on-rewrite': 'yes' }), 'os')
  })

  it('settings that a user may not read with CONFIG are taken from INFO, and the weaker class is assumed', async () => {
    const server = await mustStart({ appendfsync: 'always' })
    await server.command('ACL', 'SETUSER', 'limited', 'on', '>pw', '~*', '&*', '+@all', '-config')
    const store = await RedisStore.open({ url: server.url('limited:pw@') })
    assert.equal(store.info.durability, 'none')
    assert.equal(store.info.settings.appendonly, 'yes')
    await store.close()
    await server.command('CONFIG', 'SET', 'appendonly', 'no')
    assert.equal((await refusal({ url: server.url('limited:pw@') })).code, 'InvalidConfig')
  })

  it('a connection asks for INFO once', async () => {
    const server = await mustStart()
    await (await RedisStore.open({ url: server.url() })).close()
    const asked = async (): Promise<number> => {
      const [, calls] = /cmdstat_info:calls=(\d+)/.exec(String(await server.command('INFO', 'commandstats'))) ?? []
      return Number(calls)
    }
    const before = await asked()
    await (await RedisStore.open({ url: server.url() })).close()
    // The count itself is another one.
    assert.equal((await asked()) - before, 2)
  })

  it('a server whose settings get weaker behind our back is refused at the next connection', async () => {
    const server = await mustStart()
    const store = await RedisStore.open({ url: server.url() })
    await server.command('CONFIG', 'SET', 'appendonly', 'no')
    await server.cutClients()
    assert.equal((await failure(() => store.read({}))).code, 'InvalidConfig')
    await store.close()
  })

  it('a replica is refused with the fix', async () => {
    const replica = await mustStart({ replicaof: `127.0.0.1 ${plain?.port}` })
    const error = await refusal({ url: replica.url() })
    assert.equal(error.code, 'ReadOnly')
    assert.match(error.message, /replica; use the URL of the primary/)
  })

  it('a primary that becomes a replica refuses commits as ReadOnly, with nothing applied', async () => {
    const server = await mustStart()
    const store = await RedisStore.open({ url: server.url() })
    await server.command('REPLICAOF', '127.0.0.1', String(plain?.port))
    await assert.rejects(put(store, 'a'), (error) => isNexusError(error, 'ReadOnly') && error.outcome === 'none')
    await store.close()
  })

  it('a member of a Redis Cluster is refused with the fix', async () => {
    const server = await mustStart({ 'cluster-enabled': 'yes' })
    const error = await refusal({ url: server.url() })
    assert.equal(error.code, 'Unsupported')
    assert.match(error.message, /Redis Cluster.*cluster-enabled no/)
  })

  it('a full server refuses commits as NoSpace, with nothing applied, and still answers reads', async () => {
    const server = await mustStart()
    const store = await RedisStore.open({ url: server.url() })
    await mustPut(store, 'before')
    await server.command('CONFIG', 'SET', 'maxmemory', '100kb')
    await assert.rejects(put(store, 'a'), (error) => isNexusError(error, 'NoSpace') && error.outcome === 'none')
    const { get } = await store.read({ get: [key('before'), key('a')] })
    assert.deepEqual([get[0] === undefined, get[1]], [false, undefined])
    await store.close()
  })
})

async function classWith(settings: Readonly<Record<string, string>>): Promise<string> {
  const server = await mustStart(settings)
  const store = await RedisStore.open({ url: server.url() })
  await store.close()
  return store.info.durability
}
