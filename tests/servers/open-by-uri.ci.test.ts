// Guards: registry/*.ts, metadata-stores/postgres/registration.ts, metadata-stores/redis/registration.ts

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { NexusError, openNexus } from 'nexusfs'
import { loadRegistry } from 'nexusfs/registry'
import { describe, it } from 'vitest'
import { ownServer, type ServerFixture, type ServerKind, serverFixture, sharedServer } from './server-fixtures.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]
const variables: Readonly<Record<ServerKind, readonly string[]>> = {
  postgres: ['NEXUS_DATABASE_URL', 'POSTGRES_URL'],
  redis: ['REDIS_URL'],
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`a store on ${kind}, by URI`, () => {
    const withFixture = async (work: (fixture: ServerFixture, storage: string) => Promise<void>): Promise<void> => {
      await using fixture = await serverFixture(kind, server?.url ?? '')
      await work(fixture, `local:${fixture.folder}`)
    }
    const settings = { config: false, env: {}, author: 'ann' } as const

    it('is made, and opened again by whoever names it', () =>
      withFixture(async (fixture, storage) => {
        await assert.rejects(openNexus({ storage, metadata: fixture.url, create: false, ...settings }), { code: 'NotFound' })
        {
          await using nexus = await openNexus({ storage, metadata: fixture.url, ...settings })
          await nexus.write('/a', 'by URI')
          assert.equal(nexus.info.metadata.name, kind)
          assert.equal(JSON.stringify(nexus.info).includes(new URL(fixture.url).password || 'no password'), false)
        }
        await using again = await openNexus({ storage, metadata: fixture.url, create: false, ...settings })
        assert.equal(await again.readText('/a'), 'by URI')
      }))

    it('is the one that the environment names, where the URI is bare; parameters of the URI count', () =>
      withFixture(async (fixture, storage) => {
        const [variable = '', second] = variables[kind]
        const metadata = `${kind}:${new URL(fixture.url).search}`
        {
          await using nexus = await openNexus({ ...settings, storage, metadata, env: { [variable]: server?.url } })
          await nexus.write('/a', 'bare')
        }
        await using direct = await openNexus({ storage, metadata: fixture.url, create: false, ...settings })
        assert.equal(await direct.readText('/a'), 'bare')
        if (second === undefined) return
        const env = { [variable]: '', [second]: fixture.url }
        await using other = await openNexus({ ...settings, storage, metadata: `${kind}:`, env, create: false })
        assert.equal(await other.readText('/a'), 'bare')
      }))

    it('is not opened by a caller who has cancelled, or in a class that nobody keeps', () =>
      withFixture(async (fixture, storage) => {
        const target = { storage, metadata: fixture.url, ...settings }
        const slow = openNexus({ ...target, signal: AbortSignal.timeout(0) })
        await slow.then(
          (nexus) => nexus.close(),
          (error) => assert.equal(error instanceof NexusError && error.code, 'Aborted'),
        )
        await assert.rejects(openNexus({ ...target, storage: 'memory:', durability: 'replicated' }), { code: 'InvalidConfig' })
      }))

    it('has a store of its own for each namespace, which can be removed', async () => {
      const [variable = ''] = variables[kind]
      const env = { [variable]: server?.url }
      const { metadata } = await loadRegistry({ config: false, env })
      const adapter = metadata[kind] ?? assert.fail('it is not registered')
      const context = (namespace: string) => ({ env, namespace, tmpDir: join('/', 'nowhere') })
      const key = { group: Buffer.from('g'), item: Buffer.from('item') }
      const put = { expect: [], writes: [{ kind: 'put', key, value: Buffer.from('x') }] } as const
      const [first, other] = [context('servers-test-first'), context('servers-test-other')]
      const stores = [await adapter.open(first), await adapter.open(first), await adapter.open(other)]
      await stores[0]?.commit([put])
      const found = await Promise.all(stores.map(async (store) => (await store.read({ get: [key] })).get[0] !== undefined))
      assert.deepEqual(found, [true, true, false])
      await Promise.all(stores.map((store) => store.close()))
      for (const [index, fixture] of [first, other].entries())
        await adapter.dispose?.(stores[2 * index] ?? assert.fail('gone'), fixture)
      const again = await adapter.open(first)
      assert.equal((await again.read({ get: [key] })).get[0], undefined)
      await again.close()
      await adapter.dispose?.(again, first)
    })
  })
}

describe.skipIf(servers[1]?.[1] === undefined)('a Redis that keeps less than is asked for', () => {
  it('is refused by URI, with the setting, and taken for less', async () => {
    const server = (await ownServer('redis', { appendfsync: 'no' })) ?? assert.fail('it was here a moment ago')
    try {
      const target = { storage: 'memory:', metadata: server.url, config: false, env: {} } as const
      const message = /keeps class os, and disk is asked for; set appendfsync always/
      await assert.rejects(openNexus({ ...target, durability: 'disk' }), { code: 'InvalidConfig', message })
      await using nexus = await openNexus({ ...target, durability: 'os' })
      assert.equal(nexus.info.metadata.durability, 'os')
    } finally {
      await server.stop()
    }
  })
})
