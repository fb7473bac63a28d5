// Guards: fs/**/*.ts, content/*.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalBackend, MemoryBackend, MemoryStore, NexusFS, SqliteStore } from 'nexusfs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { checkAgainstModel, extentOf, seed } from './check-against-model.ts'
import type { Tested } from './operations.ts'

const extent = extentOf(Number(process.env.NEXUS_MODEL_RUNS ?? 150))
/** Milliseconds: more than the time box. */
const timeout = extent.boxMs + 60_000

async function memoryMemory(): Promise<NexusFS> {
  return NexusFS.open({
    storage: await MemoryBackend.open(),
    metadata: await MemoryStore.open(),
    inlineBytes: 1000,
    author: 'ann',
  })
}

let folder = ''
let stores = 0

/** Not by `openNexus`: it imports the adapters at each call, and the test runner asks another process at each import. */
async function localSqlite(): Promise<NexusFS> {
  const root = join(folder, String(stores++))
  return NexusFS.open({
    storage: await LocalBackend.open({ root, durability: 'os' }),
    metadata: await SqliteStore.open({ path: join(root, 'meta.db'), durability: 'os' }),
    author: 'ann',
  })
}

/** One behaviour changed each, in a copy of the file system: what a mistake in it would look like. */
const planted: Record<string, (fs: NexusFS) => Partial<Tested>> = {
  'rollback writes the version after the one asked for': (fs) => ({
    rollback: (path, version, options) => fs.rollback(path, version + 1, options),
  }),
  'a batch is written file by file': (fs) => ({
    writeBatch: async (writes, options) => {
      const entries = []
      for (const { path, content, ...rest } of writes) entries.push(await fs.write(path, content, { ...options, ...rest }))
      return entries
    },
  }),
  'a range forgets its start': (fs) => ({ readRange: (path, options) => fs.readRange(path, { ...options, start: 0 }) }),
  'ifMatch is not looked at': (fs) => ({
    write: (path, content, options) => fs.write(path, content, { ...options, ifMatch: undefined }),
  }),
  'remove follows a link': (fs) => ({
    remove: async (path, options) => fs.remove(await fs.realpath(path).catch(() => path), options),
  }),
  'a write replaces a link': (fs) => ({
    write: async (path, content, options) => {
      const there = await fs.lstat(path).catch(() => undefined)
      if (there?.kind === 'link' && options?.ifNoneMatch === undefined) await fs.remove(path)
      return fs.write(path, content, options)
    },
  }),
  'chmod forgets the bits above 0o777': (fs) => ({ chmod: (path, mode, options) => fs.chmod(path, mode & 0o777, options) }),
  'move makes a new file': (fs) => ({
    move: async (from, to, options) => {
      const before = await fs.stat(from)
      if (before?.kind !== 'file' || from === to) return fs.move(from, to, options)
      const entry = await fs.copy(from, to, options)
      await fs.remove(from)
      return entry
    },
  }),
}

function plant(bug: (fs: NexusFS) => Partial<Tested>): (fs: NexusFS) => Tested {
  return (fs) => {
    const changed = bug(fs)
    return new Proxy(fs, {
      get: (target, name) => {
        const method: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name)
        return typeof method === 'function' ? method.bind(target) : method
      },
    })
  }
}

describe(`every public operation, against a plain model (replay with NEXUS_SEED=${seed})`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nexus-model-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('agrees on memory-memory', () => checkAgainstModel(memoryMemory, extent), timeout)
  it('agrees on local-sqlite', () => checkAgainstModel(localSqlite, extent), timeout)
  for (const [name, bug] of Object.entries(planted)) {
    it(`notices a planted bug: ${name}`, () =>
      assert.rejects(checkAgainstModel(memoryMemory, extent, plant(bug)), /Counterexample/))
  }
  it('notices an operation that never ends, and names it', () =>
    assert.rejects(
      checkAgainstModel(
        memoryMemory,
        { ...extent, boxMs: 5000, patienceMs: 100 },
        plant(() => ({ rmdir: () => new Promise(() => undefined) })),
      ),
      ({ message, cause }: Error) => /Counterexample/.test(message) && /no end after 0.1 s: rmdir/.test(String(cause)),
    ))
})
