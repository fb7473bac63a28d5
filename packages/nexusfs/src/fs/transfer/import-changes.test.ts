// Guards: fs/transfer/import-batch.ts, fs/transfer/import-plan.ts, fs/transfer/import-tree.ts

import assert from 'node:assert/strict'
import { chmod, lstat, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { ImportChange, ImportOptions } from '../model/options.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { all, memoryFixture, type StoreFixture } from '../store.test-fixture.ts'

// Guards fs/transfer/import-plan.ts and fs/transfer/import-batch.ts: what a second import sees and changes.

let folder = ''
let source = ''
let fixture: StoreFixture
let fs: NexusFS

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-changes-'))
  source = join(folder, 'source')
  await mkdir(join(source, 'sub'), { recursive: true })
  await writeFile(join(source, 'a'), 'a')
  await writeFile(join(source, 'sub', 'b'), 'b')
  fixture = await memoryFixture()
  fs = await fixture.open()
})
afterEach(async () => {
  await fixture[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const paths = async (path: string): Promise<string[]> => (await all(fs.walk(path))).map((entry) => entry.path)
const count = async (path: string): Promise<number> => (await all(fs.versions(path))).length

/** What an import does, and what a dry run before it says that it would do: the same. */
async function changes(options: ImportOptions = {}): Promise<string[]> {
  const told: Record<'dry' | 'real', string[]> = { dry: [], real: [] }
  const onChange = (into: string[]) => (change: ImportChange) => void into.push(`${change.kind} ${change.path}`)
  const dry = await fs.importTree(source, '/t', { ...options, dryRun: true, onChange: onChange(told.dry) })
  const real = await fs.importTree(source, '/t', { ...options, onChange: onChange(told.real) })
  assert.deepEqual(told.dry.sort(), told.real.sort())
  assert.deepEqual(dry, real)
  return told.real
}

describe('a dry run tells what an import then does', () => {
  it('of new, changed and unchanged files, links and directories', async () => {
    await symlink('a', join(source, 'link'))
    assert.deepEqual(await changes(), ['add /t', 'add /t/a', 'add /t/link', 'add /t/sub', 'add /t/sub/b'])
    assert.deepEqual(await changes(), [])
    await writeFile(join(source, 'a'), 'A')
    await rm(join(source, 'link'))
    await symlink('sub', join(source, 'link'))
    await utimes(source, 1, 1)
    assert.deepEqual(await changes(), ['change /t', 'change /t/a', 'change /t/link'])
    assert.equal(await fs.readlink('/t/link'), 'sub')
  })

  it('of modes and times of directories, those of the target too', async () => {
    await fs.mkdir('/t/sub', { recursive: true })
    await utimes(join(source, 'sub'), 1e9, 1e9)
    await utimes(source, 2e9, 2e9)
    await changes()
    assert.deepEqual([(await fs.stat('/t/sub'))?.modifiedAt.getTime(), (await fs.stat('/t'))?.modifiedAt.getTime()], [1e12, 2e12])
    await chmod(join(source, 'sub'), 0o700)
    assert.deepEqual(await changes(), ['change /t/sub'])
    assert.equal((await fs.stat('/t/sub'))?.mode, 0o700)
  })

  it('of files that became links and the other way round', async () => {
    await symlink('a', join(source, 'link'))
    await changes()
    await rm(join(source, 'a'))
    await symlink('sub/b', join(source, 'a'))
    await rm(join(source, 'link'))
    await writeFile(join(source, 'link'), 'a file now')
    await changes()
    assert.equal(await fs.readlink('/t/a'), 'sub/b')
    assert.equal(await fs.readText('/t/link'), 'a file now')
  })
})

describe('mirror', () => {
  it('removes what is gone at the source, with its history kept, and nothing else', async () => {
    await mkdir(join(source, 'tree', 'deep'), { recursive: true })
    await writeFile(join(source, 'tree', 'deep', 'c'), 'c')
    await fs.importTree(source, '/t')
    await fs.write('/t/sub/own', 'made in the store')
    await fs.write('/beside', 'x')
    await rm(join(source, 'a'))
    await rm(join(source, 'tree'), { recursive: true })
    assert.deepEqual((await fs.importTree(source, '/t')).removed, 0)
    const removed = (await changes({ mirror: true })).filter((change) => change.startsWith('remove'))
    assert.deepEqual(removed.sort(), ['remove /t/a', 'remove /t/sub/own', 'remove /t/tree'])
    assert.deepEqual(await paths('/'), ['/beside', '/t', '/t/sub', '/t/sub/b'])
    await fs.restore('/t/tree')
    assert.equal(await fs.readText('/t/tree/deep/c'), 'c')
    await fs.restore('/t/a')
    assert.equal(await count('/t/a'), 1)
  })

  it('keeps what is excluded or left out at the source', async () => {
    await fs.write('/t/kept.log', 'x')
    await fs.write('/t/unclear', 'x')
    await symlink('a', join(source, 'unclear'))
    const { leftOut, removed } = await fs.importTree(source, '/t', { mirror: true, links: 'skip', exclude: ['*.log'] })
    assert.deepEqual([leftOut, removed], [[{ path: 'unclear', why: 'link' }], 0])
    assert.deepEqual(await paths('/t'), ['/t/a', '/t/kept.log', '/t/sub', '/t/sub/b', '/t/unclear'])
  })

  it('puts a directory where a file was, and a file where a directory was', async () => {
    await fs.importTree(source, '/t')
    await rm(join(source, 'a'))
    await mkdir(join(source, 'a', 'x'), { recursive: true })
    await writeFile(join(source, 'a', 'x', 'y'), 'y')
    await rm(join(source, 'sub'), { recursive: true })
    await writeFile(join(source, 'sub'), 'a file')
    await changes({ mirror: true })
    assert.deepEqual(await paths('/t'), ['/t/a', '/t/a/x', '/t/a/x/y', '/t/sub'])
    assert.equal(await fs.readText('/t/sub'), 'a file')
  })
})

describe('a second import', () => {
  /** Long enough ago that any further change shows in the times of the file. */
  const settle = (): Promise<unknown> => sleep(100)

  it('finds a change that keeps size and time: in place, and by another file', async () => {
    await utimes(join(source, 'a'), 1e9, 1e9)
    await settle()
    await fs.importTree(source, '/t')
    await writeFile(join(source, 'a'), 'b')
    await utimes(join(source, 'a'), 1e9, 1e9)
    await fs.importTree(source, '/t')
    assert.equal(await fs.readText('/t/a'), 'b')
    await settle()
    await fs.importTree(source, '/t')
    await writeFile(join(folder, 'other'), 'c')
    await utimes(join(folder, 'other'), 1e9, 1e9)
    await rename(join(folder, 'other'), join(source, 'a'))
    await fs.importTree(source, '/t')
    assert.equal(await fs.readText('/t/a'), 'c')
  })

  it('finds a change that comes right after the file was read, within one tick of the clock', async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(join(source, 'a'), `1${round}`.padEnd(8))
      await fs.importTree(source, '/t')
      const { atime, mtime } = await lstat(join(source, 'a'))
      await writeFile(join(source, 'a'), `2${round}`.padEnd(8))
      await utimes(join(source, 'a'), atime, mtime)
      await fs.importTree(source, '/t')
      assert.equal(await fs.readText('/t/a'), `2${round}`.padEnd(8))
    }
  })

  it('finds what was changed in the store meanwhile', async () => {
    await settle()
    await fs.importTree(source, '/t')
    const stat = await fs.stat('/t/a')
    await fs.write('/t/a', 'x', { modifiedAt: stat?.modifiedAt })
    await fs.importTree(source, '/t')
    assert.equal(await fs.readText('/t/a'), 'a')
    await fs.move('/t/sub/b', '/t/a', { overwrite: true })
    await fs.importTree(source, '/t')
    assert.deepEqual([await fs.readText('/t/a'), await fs.readText('/t/sub/b')], ['a', 'b'])
  })
})
