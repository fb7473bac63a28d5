import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { compareBytes, utf8 } from '../../core/bytes.ts'
import type { MetadataEntry, MetadataStore, Scan, Write } from '../../metadata/metadata-store.ts'
import { freshSeed, seededRandom } from '../../testing/seeded-random.ts'
import { commitOf, keyOf, put, remove, revisionOf, testStore } from './sqlite-store.test-fixture.ts'

const group = utf8('d/dir')

describe('reads of a SqliteStore', () => {
  it('give the same arrays again while nothing changes', async () => {
    await using test = await testStore()
    await test.store.commit([commitOf([put('d/dir/a', '1'), put('d/dir/b', '2')])])
    const request = { get: [keyOf('d/dir/a')], scan: [{ group, limit: 10 }] }
    const first = await test.store.read(request)
    const second = await test.store.read({ get: [keyOf('d/dir/a')], scan: [{ group: utf8('d/dir'), limit: 10 }] })
    assert.equal(second.get[0]?.value, first.get[0]?.value)
    assert.equal(second.scan[0], first.scan[0])
    assert.equal(first.scan[0]?.entries[0]?.value, first.get[0]?.value)
  })

  it('keep what other keys and groups hold when this store commits', async () => {
    await using test = await testStore()
    await test.store.commit([commitOf([put('d/dir/a', '1'), put('d/other/b', '2')])])
    const scan = [{ group, limit: 10 }]
    const before = await test.store.read({ get: [keyOf('d/dir/a')], scan })
    await test.store.commit([commitOf(put('d/other/b', '3'))])
    const after = await test.store.read({ get: [keyOf('d/dir/a')], scan })
    assert.equal(after.get[0], before.get[0])
    assert.equal(after.scan[0], before.scan[0])
  })

  it('give a value written over one that was read as it was given, or a copy if it is a part of a larger buffer', async () => {
    await using test = await testStore()
    const own = new Uint8Array(5)
    const part = new Uint8Array(1_000).subarray(10, 20)
    await test.store.commit([commitOf([put('a', 'before'), put('b', 'before')])])
    await test.store.read({ get: [keyOf('a'), keyOf('b')] })
    await test.store.commit([commitOf([put('a', own), put('b', part)])])
    const { get } = await test.store.read({ get: [keyOf('a'), keyOf('b')] })
    assert.equal(get[0]?.value, own)
    assert.deepEqual(get[1]?.value, new Uint8Array(10))
    assert.equal(get[1]?.value.buffer.byteLength, 10)
  })

  it('keep what is used while somebody lists many directories, each once', async () => {
    await using test = await testStore({ cacheBytes: 1_000_000 })
    const files = Array.from({ length: 100 }, (_, index) => put(`d/dir/${index}`, 'v'))
    for (const one of [...files, put('d/hot/a', 'v')]) await test.store.commit([commitOf(one)])
    const used = { get: [keyOf('d/hot/a')] }
    const before = await test.store.read(used)
    for (let to = 1; to <= 1_000; to++) await test.store.read({ scan: [{ group, limit: 100, to: utf8(`9${to}`) }] })
    assert.equal((await test.store.read(used)).get[0], before.get[0])
  })

  it('keep a page that is asked for again, also behind many that were listed once', async () => {
    await using test = await testStore({ cacheBytes: 1_000_000 })
    await test.store.commit([commitOf(Array.from({ length: 100 }, (_, index) => put(`d/dir/${index}`, 'v')))])
    for (let to = 1; to <= 1_000; to++) await test.store.read({ scan: [{ group, limit: 100, to: utf8(`9${to}`) }] })
    const again = { scan: [{ group, limit: 100 }] }
    await test.store.read(again)
    const second = await test.store.read(again)
    assert.equal((await test.store.read(again)).scan[0], second.scan[0])
  })

  it('are of one snapshot also where one key is cached and the other was changed elsewhere', async () => {
    await using test = await testStore()
    const other = await test.another()
    for (let round = 0; round < 50; round++) {
      await other.commit([commitOf([put('a', String(round)), put('b', String(round))])])
      await test.store.read({ get: [keyOf('a')] })
      if (round % 2 === 0) await other.commit([commitOf([put('a', `${round}+`), put('b', `${round}+`)])])
      const { get } = await test.store.read({ get: [keyOf('a'), keyOf('b')] })
      assert.equal(get[0]?.revision, get[1]?.revision)
    }
  })

  for (const [first, second] of [
    ['never', 'never'],
    ['always', 'never'],
    ['always', 'always'],
  ] as const) {
    it(`agree with a model through two stores, workers ${first} and ${second}`, { timeout: 60_000 }, async () => {
      const seed = freshSeed()
      await using test = await testStore({ durability: 'os', worker: first, cacheBytes: 20_000 })
      const stores = [test.store, await test.another({ worker: second, cacheBytes: 2_000_000 })]
      try {
        await agreeWithModel(stores, seed)
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    })
  }
})

/** Random commits through either store, each followed by random reads through both. */
async function agreeWithModel(stores: readonly MetadataStore[], seed: number): Promise<void> {
  const random = seededRandom(seed)
  const below = (limit: number): number => Math.floor(random.fraction() * limit)
  const model = new Map<string, { readonly value: string; readonly revision: number }>()
  const name = (): string => `d/dir/${String.fromCharCode(97 + below(12))}`
  for (let round = 0; round < 400; round++) {
    const names = [...new Set([name(), name(), name()])]
    const values = names.map(() => (below(4) === 0 ? undefined : 'v'.repeat(below(5) === 0 ? 1_500 : below(30))))
    const writes = names.map((key, index): Write => (values[index] === undefined ? remove(key) : put(key, values[index])))
    const store = stores[below(stores.length)]
    assert.ok(store !== undefined)
    const revision = revisionOf((await store.commit([commitOf(writes)]))[0])
    for (const [index, key] of names.entries()) {
      const value = values[index]
      if (value === undefined) model.delete(key)
      else model.set(key, { value, revision })
    }
    for (const reader of stores) await checkReads(reader, model, name(), below(12) + 1, below(2) === 0)
  }
}

async function checkReads(
  store: MetadataStore,
  model: ReadonlyMap<string, { readonly value: string; readonly revision: number }>,
  name: string,
  limit: number,
  reverse: boolean,
): Promise<void> {
  const from = keyOf(name).item
  const wanted: Scan = { group, from, limit, reverse }
  const { get, scan } = await store.read({ get: [keyOf(name), keyOf('d/dir/none')], scan: [wanted] })
  const shown = (entry: MetadataEntry | undefined): unknown => entry && [entry.value.length, entry.revision]
  const known = model.get(name)
  assert.deepEqual(shown(get[0]), known && [known.value.length, known.revision])
  assert.equal(get[1], undefined)
  const expected = [...model]
    .map(([key, { value, revision }]) => ({ item: keyOf(key).item, value, revision }))
    .filter(({ item }) => compareBytes(item, from) >= 0)
    .sort((a, b) => (reverse ? compareBytes(b.item, a.item) : compareBytes(a.item, b.item)))
  assert.deepEqual(
    scan[0]?.entries.map((entry) => [...entry.key.item, shown(entry)]),
    expected.slice(0, limit).map(({ item, value, revision }) => [...item, [value.length, revision]]),
  )
  assert.equal(scan[0]?.hasMore, expected.length > limit)
}
