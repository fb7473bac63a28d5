import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { fromUtf8 } from '../../core/bytes.ts'
import type { ReadReply } from '../../metadata/metadata-store.ts'
import { connect } from './connection.ts'
import type { SqlDatabase } from './driver.ts'
import { LastRevision, StoreClock } from './last-revision.ts'
import { ReadBursts } from './read-burst.ts'
import { ReadCache } from './read-cache.ts'
import { Session } from './session.ts'
import { commitOf, keyOf, put, testStore } from './sqlite-store.test-fixture.ts'
import { planCommit } from './stored-row.ts'

const request = { get: [keyOf('a')] }

const textIn = ({ get }: ReadReply): string | undefined => get[0] && fromUtf8(get[0].value)

describe('reads that are begun together', () => {
  it('make one look at the database, after the last of them was begun', async () => {
    await using test = await testStore()
    let looks = 0
    const database = counted(connect({ file: test.file, durability: 'os' }), () => looks++)
    const last = new LastRevision(database, new StoreClock())
    const bursts = new ReadBursts()
    const look = async (): Promise<void> => {
      const burst = bursts.join()
      await burst.gathered
      burst.ifUnchanged(last)
    }
    const together = Array.from({ length: 20 }, look)
    assert.equal(looks, 0)
    await Promise.all(together)
    assert.equal(looks, 1)
    await look()
    assert.equal(looks, 2)
    database.close()
  })

  it('see what another connection commits between the first and the last of them', async () => {
    await using test = await testStore()
    await test.store.commit([commitOf(put('a', 'old'))])
    await test.store.read(request)
    const other = new Session(() => connect({ file: test.file, durability: 'os' }), new ReadCache(0), new StoreClock())
    const first = test.store.read(request)
    assert.equal(other.committer.run([planCommit(commitOf(put('a', 'new')))]).kind, 'done')
    const second = test.store.read(request)
    assert.equal(textIn(await second), 'new')
    assert.equal(textIn(await first), 'new')
    other.close()
  })

  it('are followed by reads that see what was committed since they looked, in the same turn', async () => {
    await using test = await testStore()
    const other = await test.another()
    for (let round = 0; round < 50; round++) {
      const reads: Promise<unknown>[] = []
      const commit = other.commit([commitOf(put('a', String(round)))])
      let isCommitted = false
      const done = commit.then(() => {
        isCommitted = true
      })
      while (!isCommitted && reads.length < 1_000) {
        reads.push(test.store.read(request))
        await reads.at(-1)
      }
      await done
      assert.equal(textIn(await test.store.read(request)), String(round))
      await Promise.all(reads)
    }
  })

  it('are answered where the store is closed in the same turn', async () => {
    await using test = await testStore()
    await test.store.commit([commitOf(put('a', 'old'))])
    const reads = [test.store.read(request), test.store.read({ scan: [{ group: keyOf('a').group, limit: 10 }] })]
    await test.store.close()
    const [byKey, page] = await Promise.all(reads)
    assert.equal(byKey && textIn(byKey), 'old')
    assert.equal(page?.scan[0]?.entries.length, 1)
  })
})

/** Tells of each look. */
function counted(database: SqlDatabase, onLook: () => void): SqlDatabase {
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql)
      if (sql !== 'PRAGMA data_version') return statement
      return {
        run: (...parameters) => statement.run(...parameters),
        all: (...parameters) => statement.all(...parameters),
        get: (...parameters) => {
          onLook()
          return statement.get(...parameters)
        },
      }
    },
  }
}
