// Guards: metadata-stores/postgres/commit.ts, metadata-stores/postgres/read.ts

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { RunningService } from '../../../../../services/service.ts'
import { type Contender, compare, fiveKeys, newFiles } from '../../metadata/store-speed.test-fixture.ts'
import { ownServer, shared } from './postgres-server.test-fixture.ts'
import { PostgresStore } from './postgres-store.ts'

// The limits asserted are far below the goals: they tell a mechanism that is broken from one that works, on any machine. The goals and
// what was reached stand in the README.

let server: RunningService | undefined
const clients: pg.Client[] = []
const stores: PostgresStore[] = []

async function open(settings: {
  readonly groupSize?: number
  readonly commitConnections?: number
  readonly poolSize?: number
}): Promise<PostgresStore> {
  const store = await PostgresStore.open({ url: server?.url ?? '', ...settings })
  stores.push(store)
  return store
}

async function connect(count: number): Promise<readonly pg.Client[]> {
  while (clients.length < count) {
    const client = new pg.Client(server?.url)
    await client.connect()
    clients.push(client)
  }
  return clients
}

async function byHand(count: number): Promise<Contender> {
  const all = await connect(count)
  return {
    name: 'BEGIN, SELECT, INSERT, COMMIT by hand',
    run: async (worker) => {
      const client = all[worker] ?? assert.fail()
      await client.query('BEGIN')
      await client.query('SELECT v FROM bare WHERE id = $1', ['known'])
      await client.query('INSERT INTO bare VALUES ($1, $2)', [randomBytes(16).toString('hex'), 'v'.repeat(120)])
      await client.query('COMMIT')
    },
  }
}

describe.skipIf(shared === undefined)('speed on loopback, beside the same server by hand', () => {
  beforeAll(async () => {
    server = await ownServer({ max_connections: '200' })
    const [client] = await connect(1)
    await client?.query(`CREATE TABLE bare (id text PRIMARY KEY, v text); INSERT INTO bare VALUES ('known', repeat('v', 150))`)
  })

  afterAll(async () => {
    for (const store of stores) await store.close()
    for (const client of clients) await client.end()
    await server?.stop()
  })

  it('one writer', async () => {
    const store = await open({})
    const ratios = await compare(1, [await byHand(1), await newFiles('commit', store, 1)])
    assert((ratios.get('commit') ?? 0) > 0.4)
  })

  it.each([10, 50])('%i writers', async (writers) => {
    const single = await open({ groupSize: 1, commitConnections: writers, poolSize: writers })
    const group = await open({})
    const ratios = await compare(writers, [
      await byHand(writers),
      await newFiles('one call a commit', single, writers),
      await newFiles('group commit', group, writers),
    ])
    assert((ratios.get('one call a commit') ?? 0) > 0.3)
    assert((ratios.get('group commit') ?? 0) > 0.7)
    const spread = await compare(writers, [
      await newFiles('different directories', group, writers),
      await newFiles('one directory', group, 1),
    ])
    assert((spread.get('one directory') ?? 0) > 0.5)
  })

  it('one reader', async () => {
    const store = await open({})
    const [client] = await connect(1)
    const keys = await fiveKeys(store)
    const ratios = await compare(1, [
      { name: 'SELECT by primary key by hand', run: async () => client?.query('SELECT v FROM bare WHERE id = $1', ['known']) },
      { name: 'read of one key', run: () => store.read({ get: keys.slice(0, 1) }) },
      { name: 'read of five keys', run: () => store.read({ get: keys }) },
    ])
    assert((ratios.get('read of one key') ?? 0) > 0.35)
  })
})
