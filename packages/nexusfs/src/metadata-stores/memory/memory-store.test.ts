import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { toRevision } from '../../core/revision.ts'
import type { Commit, Key, MetadataEntry, Write } from '../../metadata/metadata-store.ts'
import { MemoryStore } from './memory-store.ts'

describe('MemoryStore', () => {
  it('gives two clients of one name the same entries, and keeps them while nobody has it open', async () => {
    const first = await MemoryStore.open({ name: 'shared-data' })
    await first.commit([putOf('a', '1')])
    await first.close()
    await using second = closing(await MemoryStore.open({ name: 'shared-data' }))
    const { get } = await second.store.read({ get: [keyOf('a')] })
    assert.deepEqual(get[0]?.value, utf8('1'))
    MemoryStore.drop('shared-data')
    await using third = closing(await MemoryStore.open({ name: 'shared-data' }))
    assert.deepEqual((await third.store.read({ get: [keyOf('a')] })).get, [undefined])
  })

  it('gives each client without a name data of its own', async () => {
    await using first = closing(await MemoryStore.open())
    await using second = closing(await MemoryStore.open())
    await first.store.commit([putOf('a', '1')])
    assert.equal(await second.store.horizon(), 0)
  })

  it('takes the time of its replies from the clock it is given, in whole milliseconds', async () => {
    await using client = closing(await MemoryStore.open({ clock: { now: () => 1234.9 } }))
    assert.equal((await client.store.read({})).time, 1234)
  })

  it('numbers commits without gaps, and above what was loaded', async () => {
    await using client = closing(await MemoryStore.open())
    await client.store.load(entriesOf(['a', 41], ['b', 7]))
    const results = await client.store.commit([putOf('c', '1'), putOf('d', '1')])
    assert.deepEqual(
      results.map((result) => result.status === 'committed' && result.revision),
      [42, 43],
    )
  })

  it('keeps nothing of a load that breaks off', async () => {
    await using client = closing(await MemoryStore.open())
    await assert.rejects(client.store.load(brokenEntries()), { message: 'the source broke' })
    await client.store.load(entriesOf(['b', 7]))
    assert.deepEqual((await client.store.read({ get: [keyOf('a')] })).get, [undefined])
  })

  it('refuses a load that gives one key twice', async () => {
    await using client = closing(await MemoryStore.open())
    await assert.rejects(client.store.load(entriesOf(['a', 1], ['a', 2])), { code: 'InvalidArgument' })
    assert.equal(await client.store.horizon(), 0)
  })

  it('lets a timer run beside a loop of commits or reads', async () => {
    await using client = closing(await MemoryStore.open())
    for (const call of [() => client.store.commit([putOf('a', '1')]), () => client.store.read({ get: [keyOf('a')] })]) {
      let isFired = false
      const timer = setTimeout(() => {
        isFired = true
      }, 1)
      const giveUpAt = performance.now() + 5000
      while (!isFired && performance.now() < giveUpAt) await call()
      clearTimeout(timer)
      assert.equal(isFired, true)
    }
  })

  it('takes 200,000 items of one group in falling order without slowing down', { timeout: 20_000 }, async () => {
    await using client = closing(await MemoryStore.open())
    const first = await millisecondsOf(() => fill(client.store, 200_000, 150_000))
    await fill(client.store, 150_000, 50_000)
    const last = await millisecondsOf(() => fill(client.store, 50_000, 0))
    assert.ok(last < 10 * first + 500, `the first 50,000 took ${first} ms, the last ${last} ms`)
  })
})

async function fill(store: MemoryStore, from: number, to: number): Promise<void> {
  for (let high = from; high > to; high -= 10_000) {
    const writes: Write[] = []
    for (let index = high; index > high - 10_000; index--) {
      writes.push({ kind: 'put', key: keyOf(String(index).padStart(8, '0')), value: utf8('') })
    }
    await store.commit([{ expect: [], writes }])
  }
}

async function millisecondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function keyOf(item: string): Key {
  return { group: utf8('g'), item: utf8(item) }
}

function putOf(item: string, value: string): Commit {
  return { expect: [], writes: [{ kind: 'put', key: keyOf(item), value: utf8(value) }] }
}

async function* entriesOf(...pairs: readonly (readonly [string, number])[]): AsyncGenerator<MetadataEntry> {
  for (const [item, revision] of pairs) yield { key: keyOf(item), value: utf8(item), revision: toRevision(revision) }
}

async function* brokenEntries(): AsyncGenerator<MetadataEntry> {
  yield* entriesOf(['a', 1])
  throw new Error('the source broke')
}

function closing(store: MemoryStore): { readonly store: MemoryStore } & AsyncDisposable {
  return { store, [Symbol.asyncDispose]: () => store.close() }
}
