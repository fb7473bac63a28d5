// Guards: fs/model/head-codec.ts, fs/operations/walk.ts, fs/transfer/export-tree.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { directoryGroup, headKey, rootId } from '../metadata/keyspace.ts'
import { encodeRecord } from '../metadata/record.ts'
import type { Entry } from './model/entry.ts'
import type { NexusFS } from './nexus-fs.ts'
import { failure, memoryFixture, type StoreFixture } from './store.test-fixture.ts'

const id = 'a'.repeat(32)

/** Rows that no call can have written. */
const rows: Readonly<Record<string, Uint8Array>> = {
  'a time that no date can hold': encodeRecord({ k: 'f', i: id, c: 1, m: 8.64e15 + 1, a: 'ann', n: 1, d: 'sha256:', s: 1 }),
  'no record': Uint8Array.of(1, 2, 3),
  'a kind of later versions': encodeRecord({ k: 'x', i: id, c: 1, m: 1, a: 'ann' }),
}

async function damage(fixture: StoreFixture, name: string, value: Uint8Array): Promise<void> {
  const key = headKey(directoryGroup(rootId), name)
  await (await fixture.metadata()).commit([{ expect: [], writes: [{ kind: 'put', key, value }] }])
}

/** What a listing gives before it ends, and how it ends. */
async function listed(entries: AsyncIterable<Entry>): Promise<{ paths: string[]; error: unknown }> {
  const paths: string[] = []
  const error = await failure(async () => {
    for await (const { path } of entries) paths.push(path)
  })
  return { paths, error: [error.code, error.context.path] }
}

async function prepare(fixture: StoreFixture): Promise<NexusFS> {
  const fs = await fixture.open()
  await fs.write('/a', 'x')
  await fs.write('/n/inside', 'x')
  await fs.write('/z', 'x')
  return fs
}

describe('an entry that cannot be understood', () => {
  for (const [what, value] of Object.entries(rows)) {
    it(`is passed by listings, which name it at their end, and can be removed: ${what}`, async () => {
      await using fixture = await memoryFixture()
      const fs = await prepare(fixture)
      await damage(fixture, 'm', value)
      const code = what.startsWith('a kind') ? 'Unsupported' : 'Corrupt'
      for (const pageSize of [1, 2, 1000]) {
        assert.deepEqual(await listed(fs.list('/', { pageSize })), { paths: ['/a', '/n', '/z'], error: [code, '/m'] })
        assert.deepEqual(await listed(fs.walk('/', { pageSize })), {
          paths: ['/a', '/n', '/n/inside', '/z'],
          error: [code, '/m'],
        })
      }
      for (const call of [() => fs.read('/m'), () => fs.stat('/m'), () => fs.write('/m', 'x'), () => fs.read('/m/below')]) {
        const error = await failure(call)
        assert.deepEqual([error.code, error.context.path], [code, '/m'])
      }
      assert.equal((await failure(() => fs.remove('/m', { ifMatch: { version: 1 } }))).code, code)
      await fs.remove('/m')
      assert.equal(await fs.exists('/m'), false)
      assert.equal((await fs.write('/m', 'again')).version, 1)
    })
  }

  it('that says it is a directory is removed only with recursive', async () => {
    await using fixture = await memoryFixture()
    const fs = await prepare(fixture)
    await damage(fixture, 'd', encodeRecord({ k: 'd', i: id, c: 'x', m: 1, a: 'ann' }))
    assert.equal((await failure(() => fs.remove('/d'))).code, 'IsADirectory')
    await fs.remove('/d', { recursive: true })
    assert.equal(await fs.exists('/d'), false)
  })

  it('is told with the first path if there are several', async () => {
    await using fixture = await memoryFixture()
    const fs = await prepare(fixture)
    for (const name of ['m', 'o']) await damage(fixture, name, Uint8Array.of(1))
    const error = await failure(async () => {
      for await (const _ of fs.walk('/'));
    })
    assert.match(error.message, /^\/m: .* \(and 1 more that cannot be read\)/)
  })
})
