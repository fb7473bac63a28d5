// Guards: metadata-stores/postgres/commit.ts, metadata-stores/postgres/connection-pool.ts, metadata-stores/postgres/connection.ts

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, it } from 'vitest'
import { isNexusError, type NexusError } from '../../core/errors.ts'
import { type CutMoment, TcpProxy } from '../../testing/tcp-proxy.ts'
import {
  dropSchema,
  failure,
  freshSchema,
  key,
  mustPut,
  ownServer,
  put,
  shared,
  sharedUrl,
  sql,
  textOf,
  withStore,
} from './postgres-server.test-fixture.ts'
import { PostgresStore } from './postgres-store.ts'

const proxies: TcpProxy[] = []

async function throughProxy(): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const url = new URL(sharedUrl())
  const proxy = await TcpProxy.listen({ host: '127.0.0.1', port: Number(url.port) })
  proxies.push(proxy)
  url.port = String(proxy.port)
  return { proxy, url: url.href }
}

afterAll(async () => {
  for (const proxy of proxies) await proxy.close()
})

/** Whether the item was, or can still be, put: a barrier that expects it absent settles it. */
async function wasApplied(store: PostgresStore, item: string): Promise<boolean> {
  const barrier = await put(store, item, 'barrier', [{ kind: 'absent', key: key(item) }])
  return barrier.status === 'conflict'
}

interface Tally {
  acknowledged: number
  none: number
  unknownApplied: number
  unknownNot: number
}

/** Puts an item, and checks what the answer promises against what a second store finds. */
async function tryPut(store: PostgresStore, witness: PostgresStore, item: string, tally: Tally): Promise<void> {
  const error = await put(store, item, 'v').then(() => undefined, asNexusError)
  const applied = await wasApplied(witness, item)
  if (error === undefined) {
    assert(applied, `${item} was acknowledged and is lost`)
    tally.acknowledged++
  } else if (error.outcome === 'none') {
    assert(!applied, `${item}: the outcome was none, and it is there`)
    tally.none++
  } else {
    assert(['Unavailable', 'Timeout'].includes(error.code), `${item}: ${error.code} ${error.message}`)
    if (applied) tally.unknownApplied++
    else tally.unknownNot++
  }
}

function asNexusError(error: unknown): NexusError {
  if (isNexusError(error)) return error
  throw error
}

describe.skipIf(shared === undefined)('a connection that is cut', () => {
  it('before, during and after the commit loses no acknowledged one, and says unknown where it cannot know', async () => {
    const { proxy, url } = await throughProxy()
    const schema = freshSchema()
    const witness = await PostgresStore.open({ url: sharedUrl(), schema })
    const store = await PostgresStore.open({ url, schema, poolSize: 2 })
    const tally: Tally = { acknowledged: 0, none: 0, unknownApplied: 0, unknownNot: 0 }
    const moments: readonly CutMoment[] = ['before', 'during', 'after']
    for (let round = 0; round < 150; round++) {
      await textOf(store, 'warm')
      proxy.cutNext(moments[round % 3] ?? 'before', Math.random() * 2)
      await tryPut(store, witness, `item-${round}`, tally)
    }
    const cuts = moments.map((moment) => `${proxy.cuts(moment)} ${moment}`).join(', ')
    console.log(`cut: ${cuts}; ${JSON.stringify(tally)}`)
    for (const moment of moments) assert(proxy.cuts(moment) > 0, `never cut ${moment}`)
    assert(tally.unknownApplied > 0 && tally.unknownNot > 0, 'both fates were seen')
    assert(tally.unknownApplied + tally.unknownNot >= 50, 'at least 50 were ambiguous')
    await store.close()
    await witness.close()
    await dropSchema(sharedUrl(), schema)
  }, 60_000)

  it('while it is idle is not noticed by the next read or commit', async () => {
    const { proxy, url } = await throughProxy()
    await withStore(
      { poolSize: 3 },
      async (store) => {
        await mustPut(store, 'a', '1')
        await Promise.all([textOf(store, 'a'), textOf(store, 'a'), textOf(store, 'a')])
        proxy.cutAll()
        await sleep(50)
        assert.equal(await textOf(store, 'a'), '1')
        proxy.cutAll()
        await sleep(50)
        await mustPut(store, 'a', '2')
      },
      url,
    )
  })

  it('under a read is not noticed: it reads again', async () => {
    const { proxy, url } = await throughProxy()
    await withStore(
      { poolSize: 1 },
      async (store) => {
        await mustPut(store, 'a', '1')
        for (const moment of ['before', 'during', 'after'] as const) {
          proxy.cutNext(moment)
          assert.equal(await textOf(store, 'a'), '1')
        }
      },
      url,
    )
  })

  it('by a server that says nothing any more ends every call by its deadline, and later calls work again', async () => {
    const { proxy, url } = await throughProxy()
    const timeoutMs = 500
    await withStore(
      { poolSize: 2, timeouts: { call: timeoutMs, connect: timeoutMs } },
      async (store) => {
        await mustPut(store, 'a')
        proxy.fallSilent()
        const calls = [() => put(store, 'b'), () => textOf(store, 'a'), () => store.horizon(), () => put(store, 'c')]
        await Promise.all(
          calls.map(async (call) => {
            const begin = performance.now()
            const error = await failure(call)
            const took = performance.now() - begin
            assert.equal(error.code, 'Timeout')
            // And what a busy machine adds.
            assert(took <= timeoutMs * 1.1 + 250, `it took ${took} ms`)
          }),
        )
        proxy.speak()
        assert.equal(await textOf(store, 'a'), '')
      },
      url,
    )
  })
})

describe.skipIf(shared === undefined)('a server process that is ended by the administrator', () => {
  it('again and again, loses no acknowledged commit and leaves no untyped error', async () => {
    const schema = freshSchema()
    const witness = await PostgresStore.open({ url: sharedUrl(), schema, isPooled: false })
    const store = await PostgresStore.open({ url: sharedUrl(), schema, poolSize: 4 })
    const tally: Tally = { acknowledged: 0, none: 0, unknownApplied: 0, unknownNot: 0 }
    const until = performance.now() + 3_000
    let ended = 0
    const terminate = async (): Promise<void> => {
      while (performance.now() < until) {
        // Only those that work for the store under test: its last statement names the schema.
        const rows = await sql(
          sharedUrl(),
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name = 'nexus' AND state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()`,
          [`%${schema}%commit_v1%`],
        )
        ended += rows.length
        await sleep(Math.random() * 5)
      }
    }
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; performance.now() < until; n++) await tryPut(store, store, `w${writer}-${n}`, tally).catch(ignoreBarrier)
    }
    await Promise.all([terminate(), ...[1, 2, 3, 4, 5, 6].map(write)])
    console.log(`ended ${ended} server processes; ${JSON.stringify(tally)}`)
    assert(ended > 20, 'processes were ended')
    assert(tally.acknowledged > 0)
    await store.close()
    await witness.close()
    await dropSchema(sharedUrl(), schema)
  }, 60_000)
})

/** The barrier's own commit may have been hit; then nothing is known of this item. */
function ignoreBarrier(error: unknown): void {
  assert(isNexusError(error), String(error))
}

describe.skipIf(shared === undefined)('a server that crashes', () => {
  it('and comes back has every acknowledged commit, and the open store goes on', async () => {
    const server = await ownServer()
    const store = await PostgresStore.open({ url: server.url, poolSize: 4, timeouts: { connect: 1_000 } })
    const acknowledged = new Set<string>()
    let failures = 0
    try {
      for (let crash = 0; crash < 3; crash++) {
        let isDown = false
        const writers = [1, 2, 3, 4, 5, 6, 7, 8].map(async (writer) => {
          for (let n = 0; !isDown; n++) {
            const item = `${crash}-${writer}-${n}`
            const error = await put(store, item, 'v').then(() => undefined, asNexusError)
            if (error === undefined) acknowledged.add(item)
            else failures++
            if (error !== undefined) assert(['Unavailable', 'Timeout'].includes(error.code), `${error.code}: ${error.message}`)
          }
        })
        await sleep(300)
        await server.own.crash()
        await sleep(50)
        isDown = true
        await Promise.all(writers)
        await server.own.restart()
        const items = [...acknowledged].slice(-10_000)
        const { get } = await store.read({ get: items.map((item) => key(item)) })
        for (const [index, item] of items.entries()) assert(get[index], `${item} was acknowledged and is lost`)
      }
      console.log(`${acknowledged.size} acknowledged over 3 crashes, ${failures} calls failed`)
      assert(acknowledged.size > 100 && failures > 0)
      const last = await mustPut(store, 'after')
      assert((await store.horizon()) >= last)
    } finally {
      await store.close()
      await server.stop()
    }
  }, 60_000)
})
