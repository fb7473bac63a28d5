// Guards: metadata-stores/postgres/commit-sql.ts, metadata-stores/postgres/schema.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { OwnServer } from '../../../../../services/service.ts'
import { freshSchema, mustPut, ownServer, shared, textOf, withClient } from './postgres-server.test-fixture.ts'
import { PostgresStore } from './postgres-store.ts'

/** More than the server writes to its log ahead, so that it forgets some of them. */
const drawn = 100

/** A server that flushes its log for commits alone, and a store in it. */
async function withOwn(work: (store: PostgresStore, server: { own: OwnServer; url: string }, schema: string) => Promise<void>) {
  const server = await ownServer({ wal_writer_delay: '10000ms', autovacuum: 'off' })
  try {
    const schema = freshSchema()
    const store = await PostgresStore.open({ url: server.url, schema })
    await mustPut(store, 'a', 'text')
    await work(store, server, schema)
    await store.close()
  } finally {
    await server.stop()
  }
}

/** Draws revisions as a commit does that then fails, and does `meanwhile` before it has. */
async function drawInVain(url: string, schema: string, meanwhile: () => Promise<unknown>): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('BEGIN')
    await client.query(`SELECT nextval('${schema}.revision') FROM generate_series(1, ${drawn})`)
    await meanwhile()
    await client.query('ROLLBACK')
  })
}

describe.skipIf(shared === undefined)('a number that was drawn and never committed', () => {
  it('may be forgotten by a server that is killed: whoever has seen it loses nothing and goes on', () =>
    withOwn(async (store, { own, url }, schema) => {
      await drawInVain(url, schema, () => textOf(store, 'a'))
      await own.crash()
      await own.restart()
      assert.equal(await textOf(store, 'a'), 'text')
      await mustPut(store, 'b')
    }))

  it('is never forgotten once it is a horizon', () =>
    withOwn(async (store, { own, url }, schema) => {
      await drawInVain(url, schema, async () => undefined)
      const horizon = await store.horizon()
      await own.crash()
      await own.restart()
      const next = await mustPut(store, 'b')
      assert.ok(next > horizon, `${next} was given out after the horizon ${horizon}`)
    }))
})
