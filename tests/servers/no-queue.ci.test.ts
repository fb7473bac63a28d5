// Guards: metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import type { NexusFS } from 'nexusfs'
import { DelayedStore } from 'nexusfs/testing'
import pg from 'pg'
import { describe, it } from 'vitest'
import { type ServerFixture, serverFixture, sharedServer } from './server-fixtures.ts'

const postgres = await sharedServer('postgres')
const redis = await sharedServer('redis')
const writers = 20
const heldMs = 50

/** Milliseconds until all are done, the fastest of three: a queue is there each time, other work of the machine is not. */
async function timeOf(work: readonly ((time: number) => Promise<unknown>)[]): Promise<number> {
  const times: number[] = []
  for (let time = 0; time < 3; time++) {
    const began = performance.now()
    await Promise.all(work.map((each) => each(time)))
    times.push(performance.now() - began)
  }
  return Math.min(...times)
}

/** Holds every commit of a file system inside of its transaction, with all its locks taken: its log row is written slowly. */
async function holdCommits(url: string): Promise<void> {
  const schema = new URL(url).searchParams.get('schema')
  const client = new pg.Client(postgres?.url ?? '')
  await client.connect()
  await client.query(`
    CREATE FUNCTION "${schema}".hold() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_catalog.pg_sleep(${heldMs / 1000}); RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE INSERT ON "${schema}".entry FOR EACH ROW WHEN (NEW.g = 'l'::bytea)
      EXECUTE FUNCTION "${schema}".hold()`)
  await client.end()
}

async function letGo(url: string): Promise<void> {
  const schema = new URL(url).searchParams.get('schema')
  const client = new pg.Client(postgres?.url ?? '')
  await client.connect()
  await client.query(`DROP FUNCTION "${schema}".hold CASCADE`)
  await client.end()
}

async function manyClients(fixture: ServerFixture): Promise<readonly NexusFS[]> {
  const clients: NexusFS[] = []
  for (let n = 0; n < writers; n++) clients.push(await fixture.open({ postgres: { poolSize: 2 } }))
  return clients
}

describe.skipIf(postgres === undefined)(`${writers} clients of one PostgreSQL, each commit held for ${heldMs} ms`, () => {
  it('do not queue behind one another on different paths, nor in one directory, but do on one path', async () => {
    await using fixture = await serverFixture('postgres', postgres?.url ?? '')
    const clients = await manyClients(fixture)
    const [first] = clients
    assert.ok(first !== undefined)
    // Every connection has made its plans before the clock starts.
    for (const [n, client] of clients.entries()) await client.write(`/d${n}/warm`, 'x')
    for (const [n, client] of clients.entries()) await client.write(`/one/warm-${n}`, 'x')
    await holdCommits(fixture.url)
    const alone = await timeOf([(time) => first.write(`/alone/${time}`, 'x')])
    const apart = await timeOf(clients.map((fs, n) => (time) => fs.write(`/d${n}/${time}`, 'x')))
    const together = await timeOf(clients.map((fs, n) => (time) => fs.write(`/one/${n}-${time}`, 'x')))
    const onePath = await timeOf(clients.map((fs) => () => fs.write('/one/file', 'x')))
    await letGo(fixture.url)
    const shown = Object.entries({ alone, apart, together, onePath }).map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`)
    console.log(`postgres, ${writers} clients: ${shown.join(', ')}`)
    assert.ok(alone >= heldMs, 'the commits were not held')
    assert.ok(apart < 3 * alone, `${apart / alone} times one`)
    assert.ok(together < 3 * alone, `${together / alone} times one`)
    assert.ok(onePath > 3 * alone, 'one path is one after the other, or nothing was held')
  })
})

for (const [kind, server] of [['postgres', postgres] as const, ['redis', redis] as const]) {
  describe.skipIf(server === undefined)(`${writers} writers of one client, ${heldMs} ms from local-${kind}`, () => {
    it('do not queue behind one another on different paths, nor in one directory', async () => {
      await using fixture = await serverFixture(kind, server?.url ?? '')
      const fs = await fixture.open({ overMetadata: (store) => new DelayedStore(store, heldMs) })
      const numbers = Array.from({ length: writers }, (_, n) => n)
      await Promise.all(numbers.map((n) => fs.write(`/d${n}/warm`, 'x')))
      const alone = await timeOf([(time) => fs.write(`/alone/${time}`, 'x')])
      const apart = await timeOf(numbers.map((n) => (time) => fs.write(`/d${n}/${time}`, 'x')))
      const together = await timeOf(numbers.map((n) => (time) => fs.write(`/d0/${n}-${time}`, 'x')))
      console.log(
        `${kind}, one client: alone ${alone.toFixed(0)} ms, apart ${apart.toFixed(0)} ms, together ${together.toFixed(0)} ms`,
      )
      assert.ok(apart < 3 * alone, `${apart / alone} times one`)
      assert.ok(together < 3 * alone, `${together / alone} times one`)
    })
  })
}
