// Guards: metadata-stores/postgres/commit.ts, metadata-stores/postgres/locks.ts, metadata-stores/postgres/postgres-store.ts

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { requireOrSkip } from '../../../../../services/require-or-skip.ts'
import { utf8 } from '../../core/bytes.ts'
import type { Commit, Write } from '../../metadata/metadata-store.ts'
import {
  dropSchema,
  failure,
  freshSchema,
  holdCommits,
  key,
  mustPut,
  ownServer,
  put,
  putting,
  shared,
  sharedUrl,
  sql,
  textOf,
  whileHeld,
  withStore,
} from './postgres-server.test-fixture.ts'
import { PostgresStore } from './postgres-store.ts'

/** Several clients of one store, as several processes would be. */
async function withStores<T>(count: number, work: (stores: readonly PostgresStore[], schema: string) => Promise<T>): Promise<T> {
  const schema = freshSchema()
  const stores = await Promise.all(
    Array.from({ length: count }, () => PostgresStore.open({ url: sharedUrl(), schema, poolSize: 2 })),
  )
  try {
    return await work(stores, schema)
  } finally {
    await Promise.all(stores.map((store) => store.close()))
    await dropSchema(sharedUrl(), schema)
  }
}

function puts(items: readonly string[]): Commit {
  return { expect: [], writes: items.map((item): Write => ({ kind: 'put', key: key(item), value: utf8('v') })) }
}

function shuffled(items: readonly string[]): readonly string[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

describe.skipIf(shared === undefined)('several clients of one store', () => {
  it('that open an empty schema at once make one store of it', async () => {
    await withStores(8, async (stores, schema) => {
      await Promise.all(stores.map((store, index) => mustPut(store, `item-${index}`)))
      const rows = await sql(sharedUrl(), `SELECT version FROM ${schema}.version`)
      assert.equal(rows.length, 1)
      const { scan } = (await stores[0]?.read({ scan: [{ group: utf8('g'), limit: 10 }] })) ?? assert.fail()
      assert.equal(scan[0]?.entries.length, 8)
    })
  })

  it('that name the same keys in any order never deadlock on the server', async () => {
    const deadlocks = async (): Promise<number> => {
      const [row] = await sql(sharedUrl(), 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')
      return Number(row?.[0])
    }
    const before = await deadlocks()
    await withStores(4, async (stores) => {
      const items = Array.from({ length: 12 }, (_, index) => `item-${index}`)
      await Promise.all(
        stores.map(async (store) => {
          for (let n = 0; n < 150; n++) {
            const [result] = await store.commit([puts(shuffled(items).slice(0, 8))])
            assert.equal(result?.status, 'committed')
          }
        }),
      )
    })
    assert.equal(await deadlocks(), before)
  }, 60_000)

  it('count up one value without losing one', async () => {
    await withStores(4, async (stores) => {
      const store = stores[0] ?? assert.fail()
      await mustPut(store, 'counter', '0')
      const increment = async (client: PostgresStore): Promise<void> => {
        for (;;) {
          const { get } = await client.read({ get: [key('counter')] })
          const found = get[0] ?? assert.fail('the counter is gone')
          const next = String(Number(new TextDecoder().decode(found.value)) + 1)
          const result = await put(client, 'counter', next, [{ kind: 'at', key: found.key, revision: found.revision }])
          if (result.status === 'committed') return
        }
      }
      await Promise.all(
        stores.map(async (client) => {
          for (let n = 0; n < 100; n++) await increment(client)
        }),
      )
      assert.equal(await textOf(store, 'counter'), '400')
    })
  }, 60_000)

  it('that write different keys of one directory do not queue: 20 commits of 50 ms each take less than 3 of them', async () => {
    await withStores(20, async (stores, schema) => {
      await sql(
        sharedUrl(),
        `CREATE FUNCTION ${schema}.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END';
         CREATE TRIGGER slow AFTER INSERT ON ${schema}.entry FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.slow()`,
      )
      const timed = async (count: number): Promise<number> => {
        const begin = performance.now()
        await Promise.all(stores.slice(0, count).map((store, index) => store.commit([putting(`item-${index}`, '', [], 'dir')])))
        return performance.now() - begin
      }
      await timed(20)
      const one = await timed(1)
      const all = await timed(20)
      console.log(`one ${one.toFixed(0)} ms, 20 at once ${all.toFixed(0)} ms`)
      assert(all < 3 * one)
    })
  }, 60_000)

  it('are not held up by a commit of 10,000 writes longer than it takes, and it takes only one lock for them', async () => {
    await withStores(2, async ([large, small], schema) => {
      assert(large && small)
      const items = Array.from({ length: 10_000 }, (_, index) => `large-${index}`)
      const held = await holdCommits(sharedUrl(), schema, [puts(items)])
      const [row] = await sql(
        sharedUrl(),
        `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() AND pid =
         (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = '${schema}'::regnamespace::oid LIMIT 1)`,
      )
      assert(Number(row?.[0]) <= 3, `${row?.[0]} locks`)
      await held.release()
      const [result, ...others] = await Promise.all([
        large.commit([puts(items.map((item) => `${item}-again`))]),
        ...Array.from({ length: 50 }, (_, index) => put(small, `small-${index}`)),
      ])
      assert.equal(result?.[0]?.status, 'committed')
      assert(others.every((other) => other.status === 'committed'))
    })
  }, 60_000)
})

describe.skipIf(shared === undefined)('two stores in one database', () => {
  it('have horizons of their own: a commit under way in one does not hold up the other', async () => {
    await withStore({}, async (_, { schema }) => {
      await whileHeld(schema, [putting('a')], () =>
        withStore({}, async (store) => {
          const revision = await mustPut(store, 'b')
          assert((await store.horizon()) >= revision)
        }),
      )
    })
  })

  it('share no locks: the same key is written in both at once', async () => {
    await withStore({}, async (_, { schema }) => {
      await whileHeld(schema, [putting('a')], () =>
        withStore({ timeouts: { call: 1_000 } }, async (store) => {
          await mustPut(store, 'a')
        }),
      )
    })
  })
})

describe.skipIf(shared === undefined)('a commit that waits for another', () => {
  it('longer than its time ends with Timeout and the outcome none, in time, and the others of the process go on', async () => {
    const timeoutMs = 800
    await withStore({ timeouts: { call: timeoutMs } }, async (store, { schema }) => {
      await whileHeld(schema, [putting('a')], async () => {
        const begin = performance.now()
        const waiting = failure(() => put(store, 'a', 'late'))
        for (let n = 0; n < 10; n++) await mustPut(store, `other-${n}`)
        assert(performance.now() - begin < timeoutMs, 'the others went on')
        const error = await waiting
        const took = performance.now() - begin
        assert.equal(error.code, 'Timeout')
        assert.equal(error.outcome, 'none')
        assert(took < timeoutMs * 1.1 + 20, `it took ${took} ms`)
      })
      assert.equal(await textOf(store, 'a'), '')
    })
  })

  it('does not hold up others that were called with it, for long', async () => {
    await withStore({ poolSize: 4 }, async (store, { schema }) => {
      let stuck: Promise<unknown>[] = []
      await whileHeld(schema, [putting('a')], async () => {
        stuck = [put(store, 'a', '1'), put(store, 'a', '2'), put(store, 'a', '3')]
        await sleep(50)
        await Promise.all(Array.from({ length: 20 }, (_, index) => mustPut(store, `other-${index}`)))
      })
      await Promise.all(stuck)
    })
  })
})

describe.skipIf(shared === undefined)('a commit that the server breaks off', () => {
  it('fails alone, in a list and in a group of callers', async () => {
    await withStore({}, async (store, { schema }) => {
      await sql(
        sharedUrl(),
        `CREATE FUNCTION ${schema}.break() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN IF NEW.i = ''bad'' THEN RAISE ''broken''; END IF; RETURN NEW; END';
         CREATE TRIGGER break BEFORE INSERT ON ${schema}.entry FOR EACH ROW EXECUTE FUNCTION ${schema}.break()`,
      )
      const list = await store.commit([putting('a'), putting('bad'), putting('b')])
      assert.deepEqual(
        list.map(({ status }) => status),
        ['committed', 'failed', 'committed'],
      )
      const calls = await Promise.allSettled(['c', 'bad', 'd', 'e'].map((item) => mustPut(store, item)))
      assert.deepEqual(
        calls.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
      )
      const error = await failure(() => mustPut(store, 'bad'))
      assert.equal(error.outcome, 'none')
      assert.match(error.message, /broken/)
      for (const item of ['a', 'b', 'c', 'd', 'e']) assert.equal(await textOf(store, item), '')
      assert.equal(await textOf(store, 'bad'), undefined)
    })
  })
})

describe.skipIf(shared === undefined)('a server with few connections', () => {
  it('serves a pool that is larger: calls wait for the connections there are', async () => {
    const server = await ownServer({ max_connections: '8', superuser_reserved_connections: '0', max_wal_senders: '0' })
    try {
      const store = await PostgresStore.open({ url: server.url, poolSize: 30 })
      await Promise.all(Array.from({ length: 10 }, (_, index) => mustPut(store, `item-${index}`)))
      const found = await Promise.all(Array.from({ length: 300 }, (_, index) => textOf(store, `item-${index % 10}`)))
      assert(found.every((text) => text === ''))
      await store.close()
    } finally {
      await server.stop()
    }
  })
})

describe.skipIf(shared === undefined)('behind a pooler in transaction mode', () => {
  it('it is found out, nothing is set in the session, and no statement has a name', async () => {
    const pooler = await requireOrSkip('pgbouncer')
    if (pooler === undefined) return
    await withStore(
      { poolSize: 8 },
      async (store) => {
        assert.equal(store.info.settings.pooled, 'true')
        await Promise.all(Array.from({ length: 200 }, (_, index) => mustPut(store, `item-${index}`)))
        await Promise.all(Array.from({ length: 200 }, (_, index) => textOf(store, `item-${index}`)))
        const [row] = await sql(
          pooler.url,
          `SELECT current_setting('statement_timeout'), (SELECT count(*) FROM pg_prepared_statements)`,
        )
        assert.deepEqual(row, ['0', '0'])
      },
      pooler.url,
    )
  })
})
