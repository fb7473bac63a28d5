// Guards: fs/transfer/export-entry.ts, fs/transfer/import-batch.ts, fs/transfer/read-file.ts

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import { ChunkRows } from '../chunk-rows.test-fixture.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { all, failure, fresh, memoryFixture, orphans, type StoreFixture } from '../store.test-fixture.ts'

/** Content above 512 KiB is stored in chunks here. */
const largeBytes = 9_000_000

let folder = ''
let source = ''
let fixture: StoreFixture
let fs: NexusFS
let rows: ChunkRows

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-large-'))
  source = join(folder, 'source')
  await mkdir(source)
  fixture = await memoryFixture()
  const overMetadata = (store: MetadataStore): MetadataStore => {
    rows = new ChunkRows(store)
    return rows
  }
  fs = await fixture.open({ cacheBytes: 0, overMetadata })
})
afterEach(async () => {
  await fixture[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const written = async (path: string): Promise<Buffer> => Buffer.from(await fs.read(path))

async function makeLarge(name: string, bytes = fresh(largeBytes)): Promise<Uint8Array> {
  await writeFile(join(source, name), bytes)
  // Long ago: a file that has just changed has no stamp.
  await utimes(join(source, name), 1e9, 1e9)
  return bytes
}

describe('a large file', () => {
  it('goes in and out unchanged, and is not read again by the next import', async () => {
    const [a, b] = [await makeLarge('a'), await makeLarge('b')]
    await writeFile(join(source, 'same'), a)
    const { files, bytes } = await fs.importTree(source, '/t')
    assert.deepEqual([files, bytes], [3, 3 * largeBytes])
    assert.ok((await written('/t/a')).equals(a) && (await written('/t/b')).equals(b) && (await written('/t/same')).equals(a))
    assert.equal((await fs.usage('/')).storedBytes, 2 * largeBytes)
    assert.equal((await fs.importTree(source, '/t')).unchanged, 3)
    assert.equal((await all(fs.versions('/t/a'))).length, 1)
    const target = join(folder, 'target')
    await fs.exportTree('/t', target)
    for (const name of ['a', 'b', 'same']) assert.ok((await readFile(join(target, name))).equals(name === 'b' ? b : a), name)
    await fs.exportTree('/t/b', join(folder, 'one'))
    assert.ok((await readFile(join(folder, 'one'))).equals(b))
    await fs.close()
    assert.deepEqual(await orphans(fixture), [])
  })

  it('counts its bytes while they are read', async () => {
    await makeLarge('a')
    const seen: number[] = []
    await fs.importTree(source, '/t', { onProgress: ({ bytes }) => void seen.push(bytes) })
    assert.ok(seen.length >= 9, `${seen}`)
    assert.deepEqual(
      seen,
      seen.toSorted((one, other) => one - other),
    )
    assert.equal(seen.at(-1), largeBytes)
  })

  it('whose import is cancelled in the middle leaves nothing', async () => {
    await makeLarge('a')
    const controller = new AbortController()
    const onProgress = ({ bytes }: { bytes: number }): void => {
      if (bytes > largeBytes / 2) controller.abort()
    }
    const error = await failure(() => fs.importTree(source, '/t', { onProgress, signal: controller.signal }))
    assert.deepEqual([error.code, error.outcome], ['Aborted', 'none'])
    assert.equal(await fs.exists('/t/a'), false)
    await fs.close()
    assert.equal(rows.count, 0)
    assert.deepEqual(await orphans(fixture), [])
  })

  it('that changes while it is read is read again', async () => {
    await makeLarge('a')
    const changed = fresh(largeBytes + 10)
    let isChanged = false
    const onProgress = ({ bytes }: { bytes: number }): void => {
      if (!isChanged && bytes > largeBytes / 2) {
        isChanged = true
        writeFileSync(join(source, 'a'), changed)
      }
    }
    await fs.importTree(source, '/t', { onProgress })
    assert.ok((await written('/t/a')).equals(changed))
    assert.equal((await fs.usage('/')).versions, 1)
    await fs.close()
    assert.deepEqual(await orphans(fixture), [])
  })

  it('that changes all the time is named, and leaves nothing', async () => {
    await makeLarge('a')
    await writeFile(join(source, 'b'), 'b')
    const onProgress = (): void => writeFileSync(join(source, 'a'), fresh(largeBytes))
    const { leftOut } = await fs.importTree(source, '/t', { onProgress })
    assert.deepEqual(leftOut, [{ path: 'a', why: 'changing' }])
    assert.deepEqual([await fs.exists('/t/a'), await fs.exists('/t/b')], [false, true])
    await fs.close()
    assert.equal(rows.count, 0)
    assert.deepEqual(await orphans(fixture), [])
  })

  it('is taken in turns where many have become large since they were looked at', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `f${n}`)
    for (const name of names) await writeFile(join(source, name), name)
    await mkdir(join(source, 'a'))
    for (let n = 0; n < 400; n++) await writeFile(join(source, 'a', `${n}`), 'x')
    const grown = names.map(() => fresh(3_000_000))
    let isGrown = false
    const onProgress = (): void => {
      if (!isGrown) for (const [index, name] of names.entries()) writeFileSync(join(source, name), grown[index] ?? '')
      isGrown = true
    }
    const { files, leftOut } = await fs.importTree(source, '/t', { onProgress })
    assert.deepEqual([files, leftOut], [412, []])
    for (const [index, name] of names.entries())
      assert.ok((await written(`/t/${name}`)).equals(grown[index] ?? new Uint8Array()), name)
    // Those of the first batch, and one for every 16 MiB behind it.
    const commits = new Set(
      (await Promise.all(names.map((name) => fs.stat(`/t/${name}`)))).map((entry) => entry?.changedAt.getTime()),
    )
    assert.ok(commits.size >= 3, `${commits.size} commits`)
  })

  it('that is damaged in the middle is left out of an export, no part of it stays, and the next export finishes', async () => {
    const bytes = fresh(largeBytes)
    await fs.write('/t/large', bytes)
    await fs.write('/t/small', 'small')
    const storage = await fixture.storage()
    const keys = (await storage.list()).blobs.map(({ key }) => key)
    const bodies = await Promise.all(keys.map((key) => storage.get(key)))
    const last = keys[bodies.findIndex((body) => Buffer.from(body).includes(Buffer.from(bytes.subarray(-100))))] ?? ''
    await storage.delete([last])
    const target = join(folder, 'target')
    const { leftOut } = await fs.exportTree('/t', target)
    assert.deepEqual(leftOut, [{ path: '/t/large', why: 'damaged' }])
    assert.deepEqual(
      (await readdir(target)).filter((name) => !name.startsWith('.')),
      ['small'],
    )
    assert.equal((await failure(() => fs.exportTree('/t/large', join(folder, 'one')))).code, 'Corrupt')
    assert.ok(!(await readdir(folder)).includes('one'))
    await fs.write('/t/large', bytes)
    await fs.exportTree('/t', target)
    assert.ok((await readFile(join(target, 'large'))).equals(bytes))
  })
})
