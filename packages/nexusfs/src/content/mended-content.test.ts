// Guards: content/content-row.ts, content/incoming-content.ts, content/known-content.ts, content/stored-content.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { digestOf } from '../core/digest.ts'
import type { NexusFS } from '../fs/nexus-fs.ts'
import { FakeClock, failure, fresh, memoryFixture, orphans, type StoreFixture } from '../fs/store.test-fixture.ts'
import { contentKey } from '../metadata/keyspace.ts'

let place: StoreFixture
beforeEach(async () => {
  place = await memoryFixture()
})
afterEach(() => place[Symbol.asyncDispose]())

const open = (options: Parameters<StoreFixture['open']>[0] = {}): Promise<NexusFS> => place.open({ inlineBytes: 0, ...options })

async function blobs(): Promise<string[]> {
  return (await (await place.storage()).list()).blobs.map(({ key }) => key)
}

async function replaceBlobs(change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | undefined): Promise<void> {
  const storage = await place.storage()
  for (const key of await blobs()) {
    const changed = change(await storage.get(key))
    await storage.delete([key])
    if (changed !== undefined) await storage.put(key, changed, { size: changed.length })
  }
}

const flipped = (bytes: Uint8Array<ArrayBuffer>): Uint8Array => bytes.with(100, (bytes[100] ?? 0) ^ 1)

/** What a look at the blob tells. */
const visibleDamage: Readonly<Record<string, () => Promise<void>>> = {
  missing: () => replaceBlobs(() => undefined),
  'cut short': () => replaceBlobs((bytes) => bytes.slice(0, 10)),
  empty: () => replaceBlobs(() => new Uint8Array(0)),
  'too long': () => replaceBlobs((bytes) => new Uint8Array([...bytes, 1])),
}

const content = fresh(3000)
const tail = content.slice(2000)

/** Each brings in `content`, which the store has, and says where. */
const writers: Readonly<Record<string, (fs: NexusFS) => Promise<string>>> = {
  write: async (fs) => (await fs.write('/new', content)).path,
  'an overwrite': async (fs) => (await fs.write('/known', content)).path,
  writeBatch: async (fs) => {
    await fs.writeBatch([
      { path: '/new', content },
      { path: '/other', content },
    ])
    return '/new'
  },
  append: async (fs) => (await fs.append('/begun', tail)).path,
  edit: async (fs) => (await fs.edit('/begun', () => content)).path,
  importTree: async (fs) => {
    const folder = await mkdtemp(join(tmpdir(), 'nexus-mend-'))
    await writeFile(join(folder, 'file'), content)
    await fs.importTree(folder, '/imported')
    await rm(folder, { recursive: true })
    return '/imported/file'
  },
}

async function filled(): Promise<void> {
  const fs = await open()
  await fs.write('/known', content)
  await fs.write('/begun', content.slice(0, 2000))
  await fs.close()
}

/** Read by another process, which has nothing in its cache. */
async function assertReadable(...paths: string[]): Promise<void> {
  const reader = await place.open()
  for (const path of paths) assert.deepEqual(await reader.read(path), content, path)
}

describe('known content whose blob is damaged', () => {
  for (const [damage, spoil] of Object.entries(visibleDamage)) {
    for (const [name, bringIn] of Object.entries(writers)) {
      it(`is stored again by ${name} (${damage})`, async () => {
        await filled()
        const editor = await open()
        // The file that is appended to is at hand; the content that comes of it is not.
        await editor.read('/begun')
        await spoil()
        const path = await bringIn(editor)
        await editor.close()
        await assertReadable(path, '/known')
      })
    }
  }

  it('inside is stored again by whoever writes it, once a read of this process has found it', async () => {
    await filled()
    for (const [name, bringIn] of Object.entries(writers)) {
      const fs = await open()
      await fs.read('/begun')
      await replaceBlobs((bytes) => (bytes.length === content.length ? flipped(bytes) : bytes))
      assert.equal((await failure(() => fs.read('/known'))).code, 'Corrupt', name)
      const path = await bringIn(fs)
      await assertReadable(path, '/known')
      await fs.close()
      await (await open()).write('/begun', content.slice(0, 2000))
    }
  })

  it('leaves nothing behind when it is mended, and others refer to what is new', async () => {
    await filled()
    const [old] = (await blobs()).filter((key) => key.includes(digestOf(content).slice('sha256:'.length)))
    await visibleDamage['cut short']?.()
    const fs = await open()
    await fs.write('/new', content)
    await fs.write('/newer', content)
    await fs.close()
    assert.equal((await blobs()).length, 2)
    assert.equal((await blobs()).includes(old ?? ''), false)
    assert.deepEqual(await orphans(place), [])
  })

  it('is mended by many writers at once, and by each process', async () => {
    await filled()
    const clients = await Promise.all([open(), open(), open()])
    await visibleDamage.missing?.()
    await Promise.all(Array.from({ length: 12 }, (_, n) => clients[n % 3]?.write(`/${n}`, content)))
    for (const client of clients) await client.close()
    await assertReadable('/0', '/11', '/known')
    assert.deepEqual(await orphans(place), [])
    assert.equal((await blobs()).length, 1)
  })

  it('is mended by an import of the same files, which makes no new versions', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nexus-mend-'))
    await writeFile(join(folder, 'file'), content)
    try {
      const fs = await open()
      await fs.importTree(folder, '/in')
      await fs.close()
      await visibleDamage.missing?.()
      const again = await open()
      assert.equal((await again.importTree(folder, '/in')).unchanged, 1)
      const stat = await again.stat('/in/file')
      assert.equal(stat?.kind === 'file' && stat.version, 1)
      await assertReadable('/in/file')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('is not copied or rolled back to as if it were there', async () => {
    const before = await open()
    await before.write('/known', content)
    await before.write('/known', 'another version')
    await before.close()
    await visibleDamage.missing?.()
    const fs = await open()
    for (const work of [() => fs.copy('/known', '/copy', { version: 1 }), () => fs.rollback('/known', 1)]) {
      const error = await failure(work)
      assert.deepEqual([error.code, error.context.path], ['Corrupt', '/known'])
      assert.match(error.message, /write the file again or restore it from a backup/)
    }
    assert.equal(await fs.exists('/copy'), false)
    assert.equal(await fs.readText('/known'), 'another version')
  })

  it('is stored again by copy and rollback if its bytes are at hand', async () => {
    const fs = await open()
    const clock = new FakeClock()
    const warm = await open({ clock })
    await fs.write('/known', content)
    await fs.write('/known', 'another version')
    await warm.read('/known', { version: 1 })
    await visibleDamage.missing?.()
    clock.time += 60_000
    await warm.rollback('/known', 1)
    await assertReadable('/known')
    await visibleDamage.missing?.()
    clock.time += 60_000
    await warm.copy('/known', '/copy')
    await assertReadable('/known', '/copy')
  })

  it('that is restored from a backup is relied on again once it was read', async () => {
    await filled()
    const fs = await open({ cacheBytes: 0 })
    const kept = new Map<string, Uint8Array>()
    const storage = await place.storage()
    for (const key of await blobs()) kept.set(key, await storage.get(key))
    await replaceBlobs(flipped)
    await failure(() => fs.read('/known'))
    await replaceBlobs(() => undefined)
    for (const [key, bytes] of kept) await storage.put(key, bytes, { size: bytes.length })
    assert.deepEqual(await fs.read('/known'), content)
    await fs.copy('/known', '/copy')
    assert.deepEqual((await blobs()).sort(), [...kept.keys()].sort())
  })
})

describe('a content row that is damaged', () => {
  it('gives way to the right one when the content is written again', async () => {
    for (const inlineBytes of [0, 100_000]) {
      const fs = await open({ inlineBytes })
      const bytes = fresh(5000)
      await fs.write(`/${inlineBytes}`, bytes)
      const store = await place.metadata()
      const key = contentKey(digestOf(bytes))
      const row = (await store.read({ get: [key] })).get[0]
      assert.ok(row)
      const value = row.value.slice()
      const at = inlineBytes === 0 ? value.indexOf('b'.charCodeAt(0)) : value.length - 1
      value[at] = (value[at] ?? 0) ^ 1
      await store.commit([{ expect: [], writes: [{ kind: 'put', key, value }] }])
      const other = await open({ inlineBytes })
      assert.equal((await failure(() => other.read(`/${inlineBytes}`))).code, 'Corrupt')
      await other.write('/again', bytes)
      assert.deepEqual(await (await place.open()).read(`/${inlineBytes}`), bytes)
    }
  })
})
