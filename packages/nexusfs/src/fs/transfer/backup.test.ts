import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { revisionsPerEpoch } from '../../core/revision.ts'
import { contentGroup, contentKey } from '../../metadata/keyspace.ts'
import { SqliteStore } from '../../metadata-stores/sqlite/sqlite-store.ts'
import { openNexus } from '../../registry/open-nexus.ts'

const large = 'l'.repeat(300_000)

describe('backup', () => {
  let folder: string
  let counter = 0
  const fresh = (): { data: string; copy: string } => {
    const base = join(folder, String(counter++))
    return { data: `${base}-data`, copy: `${base}-copy` }
  }
  const open = (path: string) => openNexus(path, { durability: 'os' })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nexus-backup-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('opens as a store with every version, author and removed tree', async () => {
    const { data, copy } = fresh()
    await using nexus = await open(data)
    await nexus.write('/a/large', large, { author: 'ann', reason: 'first' })
    await nexus.write('/a/large', 'small now', { author: 'bob' })
    await nexus.write('/gone/x', 'x')
    await nexus.remove('/gone', { recursive: true })
    const { contents, bytes, newBlobs, damaged, metadataBytes } = await nexus.backup(copy)
    assert.deepEqual({ contents, bytes, newBlobs, damaged }, { contents: 1, bytes: 300_000, newBlobs: 1, damaged: [] })
    assert.ok(metadataBytes > 0)
    await using again = await open(copy)
    assert.equal(again.info.storeId, nexus.info.storeId)
    assert.deepEqual(await Array.fromAsync(again.versions('/a/large')), await Array.fromAsync(nexus.versions('/a/large')))
    assert.equal(await again.readText('/a/large', { version: 1 }), large)
    await again.restore('/gone')
    assert.equal(await again.readText('/gone/x'), 'x')
  })

  it('copies only what is new the second time', async () => {
    const { data, copy } = fresh()
    await using nexus = await open(data)
    await nexus.write('/one', large)
    await nexus.backup(copy)
    const [blob] = await blobsOf(copy)
    const before = await stat(String(blob))
    await nexus.write('/two', `${large}2`)
    const { newBlobs, newBytes } = await nexus.backup(copy)
    assert.deepEqual({ newBlobs, newBytes }, { newBlobs: 1, newBytes: 300_001 })
    assert.equal((await stat(String(blob))).ino, before.ino)
    await using again = await open(copy)
    assert.equal((await again.readText('/two')).length, 300_001)
  })

  it('begins an epoch, so that the copy never gives a revision that the store gives', async () => {
    const { data, copy } = fresh()
    await using nexus = await open(data)
    await nexus.write('/a', '1')
    await nexus.backup(copy)
    const store = await SqliteStore.open({ path: join(copy, 'meta.db') })
    assert.equal(await store.horizon(), revisionsPerEpoch)
    await store.close()
    await using again = await open(copy)
    const [mine, theirs] = [await nexus.write('/a', '2'), await again.write('/a', '2')]
    assert.notEqual(mine.etag, theirs.etag)
  })

  it('lists a content that is damaged or missing, and copies all others', async () => {
    const { data, copy } = fresh()
    await using nexus = await open(data)
    for (const name of ['flipped', 'missing', 'fine']) await nexus.write(`/${name}`, `${name} ${large}`)
    for (const blob of await blobsOf(data)) {
      const text = await readFile(blob, 'utf8')
      if (text.startsWith('flipped')) await writeFile(blob, text.replace('flipped', 'FLIPPED'))
      if (text.startsWith('missing')) await rm(blob)
    }
    const { damaged, newBlobs } = await nexus.backup(copy)
    assert.equal(newBlobs, 1)
    assert.deepEqual(damaged.map(({ problem }) => problem.slice(0, 27)).sort(), [
      'its blob is missing',
      'its bytes have the digest s',
    ])
    await using again = await open(copy)
    assert.equal(await again.readText('/fine'), `fine ${large}`)
    await assert.rejects(again.read('/flipped'), { code: 'Corrupt' })
  })

  it('lists a content whose row cannot be understood, and copies all others', async () => {
    const { data, copy } = fresh()
    await using nexus = await open(data)
    const { digest } = await nexus.write('/lost', `lost ${large}`)
    await nexus.write('/fine', `fine ${large}`)
    const store = await SqliteStore.open({ path: join(data, 'meta.db'), durability: 'os' })
    const noDigest = { group: contentGroup, item: Uint8Array.of(9, 9) }
    const writes = [contentKey(digest), noDigest].map((key) => ({ kind: 'put', key, value: Uint8Array.of(1) }) as const)
    await store.commit([{ expect: [], writes }])
    await store.close()
    const { damaged, newBlobs } = await nexus.backup(copy)
    assert.equal(newBlobs, 1)
    assert.deepEqual(new Set(damaged.map((each) => each.digest)), new Set([digest, undefined]))
    await using again = await open(copy)
    assert.equal(await again.readText('/fine'), `fine ${large}`)
  })

  it('repairs a damaged blob of the backup with verify', async () => {
    const { data, copy } = fresh()
    await using nexus = await open(data)
    await nexus.write('/a', large)
    await nexus.backup(copy)
    const [blob] = await blobsOf(copy)
    await writeFile(String(blob), large.replace('l', 'L'))
    assert.equal((await nexus.backup(copy)).newBlobs, 0)
    assert.equal((await nexus.backup(copy, { verify: true })).newBlobs, 1)
    await using again = await open(copy)
    assert.equal(await again.readText('/a'), large)
  })

  it('refuses a folder that holds something else, a backup of another store, or one that was written to', async () => {
    const { data, copy } = fresh()
    await using nexus = await open(data)
    await nexus.write('/a', 'x')
    await mkdir(copy)
    await writeFile(join(copy, 'mine'), '')
    await assert.rejects(nexus.backup(copy), { code: 'AlreadyExists' })
    assert.deepEqual(await readdir(copy), ['mine'])

    const other = fresh()
    await using stranger = await open(other.data)
    await stranger.backup(other.copy)
    await assert.rejects(nexus.backup(other.copy), { code: 'AlreadyExists' })

    const again = await open(other.copy)
    await again.write('/own', 'x')
    await again.close()
    await assert.rejects(stranger.backup(other.copy), { code: 'AlreadyExists' })
    await using kept = await open(other.copy)
    assert.equal(await kept.readText('/own'), 'x')
  })

  it('cancelled, leaves the backup before and nothing else', async () => {
    const { data, copy } = fresh()
    await using nexus = await open(data)
    await nexus.write('/a', 'x')
    await nexus.backup(copy)
    const names = (await readdir(copy)).sort()
    for (let index = 0; index < 20; index++) await nexus.write(`/large/${index}`, `${index}${large}`)
    const controller = new AbortController()
    const { signal } = controller
    const call = nexus.backup(copy, { signal, onProgress: ({ newBlobs }) => newBlobs === 3 && controller.abort() })
    await assert.rejects(call, { code: 'Aborted' })
    assert.deepEqual((await readdir(copy)).sort(), names)
    await using again = await open(copy)
    assert.equal(await again.exists('/large'), false)
  })

  it('is Unsupported where the metadata cannot copy itself', async () => {
    await using nexus = await openNexus('memory:')
    await assert.rejects(nexus.backup(fresh().copy), { code: 'Unsupported' })
  })

  async function blobsOf(path: string): Promise<readonly string[]> {
    const found = await readdir(join(path, 'blobs'), { recursive: true, withFileTypes: true })
    return found
      .filter((each) => each.isFile() && !each.parentPath.includes('witness'))
      .map((each) => join(each.parentPath, each.name))
  }
})
