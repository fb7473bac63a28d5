// Guards: metadata-stores/postgres/commit-sql.ts, metadata-stores/postgres/schema.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import type { Commit, Write } from '../../metadata/metadata-store.ts'
import { key, mustPut, putting, shared, sharedUrl, sql, textOf, withStore } from './postgres-server.test-fixture.ts'
import type { PostgresStore } from './postgres-store.ts'

const rows = 200_000

/** Median milliseconds of a commit that expects and writes as a small file does, with a read, a delete and a range among it. */
async function medianCommit(store: PostgresStore, tag: string): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 60; n++) {
    const group = `dir-${tag}-${n}`
    const expect: Commit['expect'] = [
      ...['w0', 'w1', 'w2', 'w3'].map((item) => ({ kind: 'present' as const, key: key(item) })),
      { kind: 'absent', key: key('new', group) },
      { kind: 'range', range: { group: utf8(group) }, count: 0, maxRevision: await store.horizon() },
    ]
    const writes: readonly Write[] = [
      { kind: 'put', key: key('new', group), value: utf8('v'.repeat(100)) },
      { kind: 'put', key: { group: utf8('l'), item: utf8(''), revisionAt: 0 }, value: utf8('v'.repeat(100)) },
      { kind: 'delete', key: key(`gone-${n}`, group) },
    ]
    const begin = performance.now()
    await store.read({ get: [key('w0'), key('w1')], scan: [{ group: utf8(group), limit: 10 }] })
    const [result] = await store.commit([{ expect, writes }])
    times.push(performance.now() - begin)
    assert.equal(result?.status, 'committed')
  }
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)] ?? 0
}

/** In commits of 10,000, as fast as they go. */
async function fill(store: PostgresStore): Promise<void> {
  for (let from = 0; from < rows; from += 10_000) {
    const writes = Array.from({ length: 10_000 }, (_, index): Write => {
      return { kind: 'put', key: key(`file-${from + index}`, `d${(from + index) % 997}`), value: utf8('v'.repeat(60)) }
    })
    const [result] = await store.commit([{ expect: [], writes }])
    assert.equal(result?.status, 'committed')
  }
}

describe.skipIf(shared === undefined)('a store that grows from 0 to 200,000 entries in one connection', () => {
  it.each([
    { statistics: 'without statistics', prepare: '' },
    { statistics: 'with statistics from when it was tiny', prepare: 'VACUUM ANALYZE' },
  ])(
    '$statistics, commits within twice the time',
    async ({ statistics, prepare }) => {
      await withStore({ poolSize: 1 }, async (store, { schema }) => {
        await sql(sharedUrl(), `ALTER TABLE ${schema}.entry SET (autovacuum_enabled = false)`)
        for (const item of ['w0', 'w1', 'w2', 'w3']) await mustPut(store, item)
        if (prepare !== '') await sql(sharedUrl(), `${prepare} ${schema}.entry`)
        await medianCommit(store, 'warm')
        const before = await medianCommit(store, 'before')
        await fill(store)
        const after = Math.min(await medianCommit(store, 'after'), await medianCommit(store, 'again'))
        console.log(`${statistics}: ${before.toFixed(2)} ms empty, ${after.toFixed(2)} ms with ${rows} entries`)
        assert(after < 2 * before + 0.2, `${before} ms became ${after} ms`)
        await store.commit([putting('w0', 'x')])
        assert.equal(await textOf(store, 'w0'), 'x')
      })
    },
    120_000,
  )
})
