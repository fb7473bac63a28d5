// Guards: docs/format.md, metadata/keyspace.ts, metadata/record.ts, fs/model/head-codec.ts, content/content-row.ts

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isNexusError, MemoryBackend, MemoryStore, type MetadataStore, NexusFS, SqliteStore } from 'nexusfs'
import { describe, it } from 'vitest'
import { contentsOf, fromLines, loadGoldenStore, makeGoldenStore, toLines } from './golden-store.ts'

const file = join(import.meta.dirname, 'format-1.jsonl')

/** Only for a new format: a store that was written once must stay readable. `NEXUS_WRITE_GOLDEN=1` writes the file. */
if (process.env.NEXUS_WRITE_GOLDEN === '1') await writeFile(file, toLines(await makeGoldenStore()))
const golden = fromLines(await readFile(file, 'utf8'))

describe('the golden store of format 1', () => {
  it('holds every kind of row that the format knows', () => {
    const kinds = new Set(golden.rows.map(({ group }) => Buffer.from(group.slice(0, 2), 'hex').toString()))
    assert.deepEqual([...kinds].sort(), ['b', 'c', 'd', 'h', 'l', 'm', 'o', 'p', 'r', 't', 'v', 'z'])
    assert.ok(Object.keys(golden.blobs).length > 0)
  })

  it('is written again, byte by byte', async () => {
    const again = await makeGoldenStore()
    assert.deepEqual(again.rows, golden.rows)
    assert.deepEqual(again, golden)
  })

  for (const [name, openStore] of Object.entries({ memory: openMemory, sqlite: openSqlite })) {
    it(`is read in every version from a ${name} store that was loaded with it`, async () => {
      await using place = await openStore()
      const storage = await MemoryBackend.open()
      await loadGoldenStore(golden, place.store, storage)
      const fs = await NexusFS.open({ metadata: place.store, storage, create: false, author: 'reader' })
      const { files, directories, links } = await contentsOf(fs)
      assert.deepEqual(files, golden.files)
      assert.deepEqual(directories, golden.directories)
      assert.deepEqual(links, golden.links)
      const run = await fs.stat('/moved/bin/run')
      assert.equal(run?.mode, 0o4711)
      assert.equal((await fs.readWithStat('/tools/run', { version: 1 })).stat.executable, true)
      assert.deepEqual([(await fs.stat('/empty'))?.mode, (await fs.stat('/empty'))?.modifiedAt.getUTCFullYear()], [0o700, 2001])
      assert.deepEqual((await fs.restore('/gone.txt')).path, '/gone.txt')
      await fs.restore('/batch')
      assert.equal(await fs.readText('/batch/150'), '150')
      assert.equal((await fs.write('/notes/tiny.txt', 'a third version')).version, 3)
      assert.equal(await fs.readText('/notes/tiny.txt', { version: 1 }), 'kept in the head')
      await fs.close()
    })
  }

  it('is refused, and not changed, when it says that it has a newer format or needs what is not known', async () => {
    const identity = golden.rows.find(({ item }) => Buffer.from(item, 'hex').toString() === 'format')
    const changes: readonly [string, string, string][] = [
      ['"format":1', '"format":2', 'Unsupported'],
      ['"requires":[]', '"requires":["time machine"]', 'Unsupported'],
      ['"format":1', '"format":"1"', 'Corrupt'],
      ['"durability":"none"', '"durability":"eternal"', 'Corrupt'],
      ['"store":"', '"store":"x', 'Corrupt'],
      ['{"format"', '[{"format"', 'Corrupt'],
    ]
    for (const [before, after, code] of changes) {
      assert.ok(identity?.record?.includes(before), before)
      const rows = golden.rows.map((row) =>
        row === identity ? { ...row, record: row.record?.replace(before, after) ?? '' } : row,
      )
      const [store, storage] = [await MemoryStore.open({ name: 'newer' }), await MemoryBackend.open()]
      await loadGoldenStore({ ...golden, rows }, store, storage)
      const [metadata, watcher] = [await MemoryStore.open({ name: 'newer' }), store]
      const horizon = await watcher.horizon()
      await assert.rejects(
        NexusFS.open({ metadata, storage }),
        (error) => isNexusError(error) && error.code === code && !error.message.includes('bug'),
        `${before} -> ${after}`,
      )
      assert.equal(await watcher.horizon(), horizon)
      await watcher.close()
      MemoryStore.drop('newer')
    }
  })
})

interface OpenStore extends AsyncDisposable {
  readonly store: MetadataStore
}

async function openMemory(): Promise<OpenStore> {
  return { store: await MemoryStore.open(), [Symbol.asyncDispose]: async () => {} }
}

async function openSqlite(): Promise<OpenStore> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-golden-'))
  const store = await SqliteStore.open({ path: join(folder, 'meta.db'), durability: 'os' })
  return { store, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
