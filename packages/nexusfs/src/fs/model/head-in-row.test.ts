// Guards: fs/model/head-codec.ts, fs/model/head.ts

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { digestOf } from '../../core/digest.ts'
import { directoryGroup, endedRange, headKey, rootId, versionKey } from '../../metadata/keyspace.ts'
import type { Key, MetadataEntry } from '../../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord, type RecordFields } from '../../metadata/record.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { all, failure, fresh, memoryFixture, type StoreFixture } from '../store.test-fixture.ts'
import { isFile } from './head.ts'
import { decodeHead } from './head-codec.ts'

let fixture: StoreFixture
let fs: NexusFS
beforeEach(async () => {
  fixture = await memoryFixture()
  fs = await fixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

const inRoot = (name: string): Key => headKey(directoryGroup(rootId), name)

async function rowAt(key: Key): Promise<MetadataEntry> {
  const { get } = await (await fixture.metadata()).read({ get: [key] })
  assert.ok(get[0])
  return get[0]
}

async function put(key: Key, value: Uint8Array): Promise<void> {
  await (await fixture.metadata()).commit([{ expect: [], writes: [{ kind: 'put', key, value }] }])
}

/** As a row is that was damaged in one field. */
async function change(key: Key, fields: RecordFields): Promise<void> {
  const record = decodeRecord((await rowAt(key)).value)
  await put(key, encodeRecord({ ...record.fields, ...fields }, record.bytes))
}

async function versionRow(path: string, version: number): Promise<Key> {
  const bound = decodeHead(await rowAt(inRoot(path.slice(1))))
  assert.ok(isFile(bound))
  return versionKey(bound.head.id, version)
}

describe('a row that says what it cannot say where it stands', () => {
  it('is Corrupt if it is the version of another file, or another version of this one', async () => {
    for (const path of ['/a', '/b']) for (const n of [1, 2, 3]) await fs.write(path, `${path} ${n}`)
    const [a1, a2, b1] = [await versionRow('/a', 1), await versionRow('/a', 2), await versionRow('/b', 1)]
    const right = (await rowAt(a1)).value
    for (const wrong of [a2, b1]) {
      await put(a1, (await rowAt(wrong)).value)
      assert.equal((await failure(() => fs.read('/a', { version: 1 }))).code, 'Corrupt')
      assert.equal((await failure(() => fs.rollback('/a', 1))).code, 'Corrupt')
      assert.equal((await failure(() => fs.copy('/a', '/c', { version: 1 }))).code, 'Corrupt')
      assert.equal((await failure(() => all(fs.versions('/a')))).code, 'Corrupt')
      assert.equal(await fs.readText('/a', { version: 2 }), '/a 2')
    }
    await put(a1, right)
    assert.equal(await fs.readText('/a', { version: 1 }), '/a 1')
  })

  it('is Corrupt if the size in an entry is not that of its content', async () => {
    const content = fresh(3000)
    await fs.write('/a', content)
    await fs.write('/other', content)
    await change(inRoot('a'), { s: 2999 })
    assert.equal((await failure(() => fs.read('/a'))).code, 'Corrupt')
    assert.equal((await failure(async () => (await fixture.open({ cacheBytes: 0 })).read('/a'))).code, 'Corrupt')
    assert.deepEqual(await fs.read('/other'), content)
  })

  it('is Corrupt, and not an empty file, if a size was lost', async () => {
    await fs.write('/small', fresh(100))
    await fs.write('/large', fresh(1000))
    for (const name of ['small', 'large']) {
      await change(inRoot(name), { s: 0 })
      assert.equal((await failure(() => fs.read(`/${name}`))).code, 'Corrupt')
    }
  })

  it('is Corrupt if tiny content has gone from it', async () => {
    await fs.write('/a', 'tiny')
    const { fields } = decodeRecord((await rowAt(inRoot('a'))).value)
    await put(inRoot('a'), encodeRecord(fields))
    const error = await failure(() => fs.read('/a'))
    assert.equal(error.code, 'Corrupt')
    assert.match(error.message, /cannot be understood/)
  })

  it('is Corrupt if it is newer than its commit, ended where it stands, is the root, or is a directory among versions', async () => {
    await fs.write('/a', 'one')
    await fs.write('/a', 'two')
    const { entry } = decodeHead(await rowAt(inRoot('a')))
    for (const fields of [
      { b: entry.revision + 1000 },
      { r: entry.revision + 1000 },
      { e: { w: 'removed', r: 1 } },
      { i: rootId },
    ]) {
      await put(inRoot('a'), entry.value)
      await change(inRoot('a'), fields)
      assert.equal((await failure(() => fs.stat('/a'))).code, 'Corrupt', JSON.stringify(fields))
    }
    await put(inRoot('a'), entry.value)
    await fs.mkdir('/d')
    await put(await versionRow('/a', 1), (await rowAt(inRoot('d'))).value)
    assert.equal((await failure(() => fs.read('/a', { version: 1 }))).code, 'Corrupt')
  })

  it('is Corrupt if a binding that ended does not say so', async () => {
    await fs.write('/a', 'one')
    await fs.remove('/a')
    const { scan } = await (await fixture.metadata()).read({ scan: [{ ...endedRange(rootId, 'a'), limit: 1 }] })
    const [row] = scan[0]?.entries ?? []
    assert.ok(row)
    await change(row.key, { e: undefined })
    assert.equal((await failure(() => fs.restore('/a'))).code, 'Corrupt')
  })

  it('is none where everything is as it was written', async () => {
    await fs.write('/empty', '')
    await fs.write('/full', fresh(129))
    await fs.write('/tiny', fresh(128))
    assert.deepEqual(
      [(await fs.read('/empty')).length, (await fs.read('/full')).length, (await fs.read('/tiny')).length],
      [0, 129, 128],
    )
    const stat = await fs.stat('/empty')
    assert.equal(stat?.kind === 'file' && stat.digest, digestOf(new Uint8Array(0)))
  })
})
