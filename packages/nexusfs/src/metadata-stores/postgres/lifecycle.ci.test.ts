// Guards: metadata-stores/postgres/{postgres-store,store-session,watch}.ts

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { epochOf, toRevision } from '../../core/revision.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import {
  dropSchema,
  failure,
  freshSchema,
  key,
  mustPut,
  put,
  putting,
  refusal,
  shared,
  sharedUrl,
  sql,
  textOf,
  whileHeld,
  withClient,
  withStore,
} from './postgres-server.test-fixture.ts'
import { PostgresStore } from './postgres-store.ts'

async function* entriesOf(count: number): AsyncGenerator<MetadataEntry> {
  for (let n = 1; n <= count; n++) yield { key: key(`item-${n}`), value: utf8(`value ${n}`), revision: toRevision(10 * n) }
}

describe.skipIf(shared === undefined)('the class of durability', () => {
  it('is what the server promises, and can be asked for', async () => {
    await withStore({}, async (store) => assert.equal(store.info.durability, 'disk'))
    await withStore({ durability: 'none' }, async (store) => {
      assert.equal(store.info.durability, 'none')
      assert.equal(store.info.settings.synchronous_commit, 'off')
      await mustPut(store, 'a')
    })
    await withStore({ durability: 'os' }, async (store) => assert.equal(store.info.durability, 'disk'))
    await withStore({ durability: 'disk' }, async (store) => assert.equal(store.info.durability, 'disk'))
  })

  it('that the server cannot give is InvalidConfig, with the settings that decide it', async () => {
    const error = await refusal({ url: sharedUrl(), schema: freshSchema(), durability: 'replicated' })
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /replicated.*gives disk.*synchronous_standby_names = ''/s)
  })

  it('is read again at each connect: a weaker one shows', async () => {
    await withStore({ poolSize: 1 }, async (store, { schema }) => {
      const role = `role_${schema}`
      await sql(sharedUrl(), `CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD 'x'`)
      const url = new URL(sharedUrl())
      url.username = role
      url.password = 'x'
      const other = await PostgresStore.open({ url: url.href, schema: schema ?? '', poolSize: 1 })
      assert.equal(other.info.durability, 'disk')
      await sql(sharedUrl(), `ALTER ROLE ${role} SET synchronous_commit = off`)
      await sql(sharedUrl(), 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role])
      await sleep(50)
      await textOf(other, 'a')
      assert.equal(other.info.durability, 'none')
      await other.close()
      await sql(sharedUrl(), `DROP ROLE ${role}`)
      assert.equal(store.info.durability, 'disk')
    })
  })
})

describe.skipIf(shared === undefined)('a signal', () => {
  it('ends a read at once, and the store goes on', async () => {
    await withStore({ poolSize: 2 }, async (store, { schema }) => {
      await mustPut(store, 'a', '1')
      await withClient(sharedUrl(), async (client) => {
        await client.query('BEGIN')
        await client.query(`LOCK TABLE ${schema}.entry IN ACCESS EXCLUSIVE MODE`)
        const controller = new AbortController()
        const reading = failure(() => store.read({ get: [key('a')] }, { signal: controller.signal }))
        await sleep(30)
        controller.abort()
        assert.equal((await reading).code, 'Aborted')
        await client.query('ROLLBACK')
      })
      assert.equal(await textOf(store, 'a'), '1')
    })
  })

  it('takes back a commit that was not sent, with the outcome none, and cannot know of one that was', async () => {
    await withStore({ poolSize: 1, groupSize: 1 }, async (store, { schema }) => {
      const controller = new AbortController()
      let waiting: Promise<unknown>[] = []
      await whileHeld(schema, [putting('a')], async () => {
        const sent = failure(() => store.commit([putting('a', 'sent')], { signal: controller.signal }))
        await sleep(50)
        const queued = failure(() => store.commit([putting('b', 'queued')], { signal: controller.signal }))
        await sleep(10)
        controller.abort()
        assert.equal((await sent).outcome, 'unknown')
        const error = await queued
        assert.equal(error.code, 'Aborted')
        assert.equal(error.outcome, 'none')
        waiting = [textOf(store, 'b')]
      })
      assert.deepEqual(await Promise.all(waiting), [undefined])
    })
  })

  it('ends opening', async () => {
    const { TcpProxy } = await import('../../testing/tcp-proxy.ts')
    const url = new URL(sharedUrl())
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port: Number(url.port) })
    proxy.fallSilent()
    url.port = String(proxy.port)
    const error = await refusal({ url: url.href, signal: AbortSignal.timeout(50) })
    await proxy.close()
    assert.equal(error.code, 'Aborted')
  })
})

describe.skipIf(shared === undefined)('a watch', () => {
  it('hears of other clients soon, again after its own connection was ended', async () => {
    await withStore({ watchIntervalMs: 100 }, async (store, { schema = '' }) => {
      let heard = 0
      const watch = await store.watch(() => heard++)
      const other = await PostgresStore.open({ url: sharedUrl(), schema, watchIntervalMs: 60_000 })
      const hearsOf = async (item: string): Promise<void> => {
        heard = 0
        await mustPut(other, item)
        const until = performance.now() + 2_000
        while (heard === 0 && performance.now() < until) await sleep(5)
        assert(heard > 0, `nothing heard of ${item}`)
      }
      await hearsOf('a')
      await sql(
        sharedUrl(),
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_advisory_lock_shared(%' AND pid <> pg_backend_pid()`,
      )
      await hearsOf('b')
      await watch.close()
      await other.close()
    })
  })

  it('costs commits nothing: no NOTIFY while nobody listens', async () => {
    await withStore({}, async (store) => {
      await mustPut(store, 'a')
      await sleep(60)
      const [row] = await sql(sharedUrl(), 'SELECT pg_notification_queue_usage()')
      assert.equal(Number(row?.[0]), 0)
    })
  })
})

describe.skipIf(shared === undefined)('load', () => {
  it('that is cut leaves the store empty, and it can be loaded again', async () => {
    await withStore({ poolSize: 2 }, async (store) => {
      const failing = async function* (): AsyncGenerator<MetadataEntry> {
        yield* entriesOf(5_000)
        throw new Error('the source broke')
      }
      await assert.rejects(store.load(failing()), /the source broke/)
      const controller = new AbortController()
      const slow = async function* (): AsyncGenerator<MetadataEntry> {
        yield* entriesOf(3_000)
        controller.abort()
        yield* entriesOf(1)
      }
      assert.equal((await failure(() => store.load(slow(), { signal: controller.signal }))).code, 'Aborted')
      await store.load(entriesOf(12_000))
      assert.equal(await textOf(store, 'item-12000'), 'value 12000')
      assert((await mustPut(store, 'next')) > 120_000)
      assert((await store.horizon()) > 120_000)
      assert.equal((await failure(() => store.load(entriesOf(1)))).code, 'AlreadyExists')
    })
  })
})

describe.skipIf(shared === undefined)('probe and drop', () => {
  it('probe tells of the server and makes nothing', async () => {
    const schema = freshSchema()
    const probe = await PostgresStore.probe({ url: sharedUrl(), schema })
    assert.equal(probe.durability, 'disk')
    assert(probe.rttMs > 0 && probe.rttMs < 5_000)
    const [row] = await sql(sharedUrl(), 'SELECT to_regnamespace($1) IS NULL', [schema])
    assert.equal(row?.[0], true)
  })

  it('drop removes the store and its schema, and an absent one is success', async () => {
    const schema = freshSchema()
    const store = await PostgresStore.open({ url: sharedUrl(), schema })
    await mustPut(store, 'a')
    await store.close()
    await PostgresStore.drop({ url: sharedUrl(), schema })
    await PostgresStore.drop({ url: sharedUrl(), schema })
    const [row] = await sql(sharedUrl(), 'SELECT to_regnamespace($1) IS NULL', [schema])
    assert.equal(row?.[0], true)
  })

  it("drop leaves what is somebody else's in the schema", async () => {
    const schema = freshSchema()
    await sql(sharedUrl(), `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.theirs (id int)`)
    const store = await PostgresStore.open({ url: sharedUrl(), schema })
    await store.close()
    await PostgresStore.drop({ url: sharedUrl(), schema })
    const rows = await sql(sharedUrl(), 'SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace', [schema])
    assert.deepEqual(rows, [['theirs']])
    await dropSchema(sharedUrl(), schema)
  })
})

describe.skipIf(shared === undefined)('a migration', () => {
  it('that was cut in the middle leaves nothing, and the next open makes the store', async () => {
    const schema = freshSchema()
    const { migrations } = await import('./schema.ts')
    await withClient(sharedUrl(), async (client) => {
      await client.query(`BEGIN; CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.version (version int4 PRIMARY KEY)`)
      for (const migration of migrations) await client.query(migration(`"${schema}"`))
      const [row] = (await client.query('SELECT pg_backend_pid() AS pid')).rows
      await sql(sharedUrl(), 'SELECT pg_terminate_backend($1)', [row.pid])
    })
    const store = await PostgresStore.open({ url: sharedUrl(), schema })
    await mustPut(store, 'a')
    await store.close()
    await PostgresStore.drop({ url: sharedUrl(), schema })
  })

  it('refuses a schema in which something else has the name of its table', async () => {
    const schema = freshSchema()
    await sql(sharedUrl(), `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.entry (id int)`)
    const error = await refusal({ url: sharedUrl(), schema })
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /choose another schema with \?schema=/)
    await dropSchema(sharedUrl(), schema)
  })
})

describe.skipIf(shared === undefined)('a server that has gone back in time', () => {
  it('is refused by whoever had it open, until the epoch is raised', async () => {
    await withStore({}, async (store, { schema }) => {
      const before = await mustPut(store, 'a')
      for (let n = 0; n < 50; n++) await mustPut(store, `lost-${n}`)
      await sql(sharedUrl(), `DELETE FROM ${schema}.entry WHERE rev > ${before}; SELECT setval('${schema}.revision', ${before})`)
      for (const call of [() => textOf(store, 'a'), () => mustPut(store, 'b')]) {
        const error = await failure(call)
        assert.equal(error.code, 'Corrupt')
        assert.equal(error.context.reason, 'rolled back')
        assert.match(error.message, /raiseEpoch/)
      }
      await sql(sharedUrl(), `SELECT setval('${schema}.revision', ${before + 1_000})`)
      const caughtUp = await failure(() => mustPut(store, 'c'))
      assert.equal(caughtUp.context.reason, 'rolled back', 'a counter that caught up proves nothing')
      const raised = await store.raiseEpoch()
      assert.equal(epochOf(raised), 1)
      assert.equal(await textOf(store, 'a'), '')
      const next = await mustPut(store, 'b')
      assert(next > raised)
      assert.equal(await store.horizon(), next)
    })
  })
})

describe.skipIf(shared === undefined)('closing', () => {
  it('waits for what is under way, ends every connection, and refuses what comes later', async () => {
    const schema = freshSchema()
    const store = await PostgresStore.open({ url: sharedUrl(), schema, poolSize: 3 })
    await store.watch(() => {})
    const commits = Array.from({ length: 30 }, (_, index) => put(store, `item-${index}`))
    await store.close()
    for (const result of await Promise.all(commits)) assert.equal(result.status, 'committed')
    await store.close()
    assert.equal((await failure(() => textOf(store, 'a'))).code, 'Closed')
    const rows = await sql(sharedUrl(), `SELECT query FROM pg_stat_activity WHERE application_name = 'nexus' AND query LIKE $1`, [
      `%${schema}%`,
    ])
    assert.deepEqual(rows, [])
    await dropSchema(sharedUrl(), schema)
  })
})
