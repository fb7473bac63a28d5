// Guards: metadata-stores/postgres/read.ts, metadata/checked-value.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { failure, key, mustPut, shared, sharedUrl, sql, textOf, withStore } from './postgres-server.test-fixture.ts'
import { PostgresStore } from './postgres-store.ts'

describe.skipIf(shared === undefined)('a row of PostgreSQL', () => {
  it('is Corrupt after any one flipped bit of its value, and after one of its revision', async () => {
    await withStore({}, async (store, { schema }) => {
      await mustPut(store, 'a', 'text')
      const change = (what: string) => sql(sharedUrl(), `UPDATE ${schema}.entry SET ${what} WHERE i = 'a'`)
      const [[bytes] = []] = await sql(sharedUrl(), `SELECT length(v) FROM ${schema}.entry WHERE i = 'a'`)
      for (let bit = 0; bit < 8 * Number(bytes); bit++) {
        const flip = `v = set_bit(v, ${bit}, 1 - get_bit(v, ${bit}))`
        await change(flip)
        assert.equal((await failure(() => textOf(store, 'a'))).context.reason, 'checksum', `bit ${bit}`)
        await change(flip)
      }
      await change('rev = rev + 1')
      assert.equal((await failure(() => textOf(store, 'a'))).code, 'Corrupt')
      await change('rev = rev - 1')
      assert.equal(await textOf(store, 'a'), 'text')
    })
  })

  it('is Corrupt if its value is that of another key, in a page, too', async () => {
    await withStore({}, async (store, { schema }) => {
      await store.commit([
        {
          expect: [],
          writes: ['a', 'b'].map((item) => ({ kind: 'put', key: { ...key(item), revisionAt: 1 }, value: utf8(item) })),
        },
      ])
      const page = { group: utf8('g'), limit: 10 }
      assert.equal((await store.read({ scan: [page] })).scan[0]?.entries.length, 2)
      const other = `(SELECT v FROM ${schema}.entry WHERE substr(i, 1, 1) = 'a')`
      await sql(sharedUrl(), `UPDATE ${schema}.entry SET v = ${other} WHERE substr(i, 1, 1) = 'b'`)
      assert.equal((await failure(() => store.read({ scan: [page] }))).context.reason, 'checksum')
    })
  })
})

describe.skipIf(shared === undefined)('the time in a reply', () => {
  it('is never below what the client of a commit was told, whatever the clock of the server says', async () => {
    await withStore({}, async (store, options) => {
      const { time: before } = await store.read({})
      await mustPut(store, 'a')
      const kept = await sql(sharedUrl(), `SELECT last_value FROM ${options.schema}.clock`)
      assert.deepEqual(kept, [[String(before)]])
      // As a commit of a time when the clock of the server was a day ahead.
      const ahead = before + 86_400_000
      await sql(sharedUrl(), `SELECT setval('${options.schema}.clock', ${ahead})`)
      const other = await PostgresStore.open(options)
      assert.equal((await other.read({})).time, ahead)
      assert.equal((await other.read({ scan: [{ group: utf8('g'), limit: 1 }] })).time, ahead)
      await mustPut(other, 'b')
      assert.equal((await store.read({ get: [key('a')] })).time, ahead)
      await other.close()
    })
  })
})
