import assert from 'node:assert/strict'
import { lstatSync, readFileSync } from 'node:fs'
import { link, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { openNexus } from '../../registry/open-nexus.ts'
import type { LeftOut } from '../model/left-out.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { all } from '../store.test-fixture.ts'

// Guards fs/transfer/store-files.ts, and its use in fs/transfer/import-tree.ts, fs/transfer/local-survey.ts, fs/transfer/export-tree.ts and fs/transfer/backup.ts.

let folder = ''
let project = ''
let store = ''
let nexus: NexusFS

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-store-files-'))
  project = join(folder, 'project')
  store = join(project, '.nexus')
  await mkdir(join(project, 'src'), { recursive: true })
  await writeFile(join(project, 'readme.md'), 'a project')
  await writeFile(join(project, 'src', 'main.ts'), 'code')
  nexus = await openNexus(store, { durability: 'os' })
  await nexus.write('/large', 'l'.repeat(300_000))
})
afterEach(async () => {
  await nexus.close()
  await rm(folder, { recursive: true, force: true })
})

const paths = async (path: string): Promise<string[]> => (await all(nexus.walk(path))).map((entry) => entry.path)

const pathsOf = (leftOut: readonly LeftOut[]): string[] => leftOut.map(({ path }) => path)

/** The locks that this process holds on the database and on its shared memory: SQLite's, as long as the store is open. */
function locks(): number {
  const inodes = ['meta.db', 'meta.db-shm'].map((name) => `:${lstatSync(join(store, name)).ino} `)
  const lines = readFileSync('/proc/locks', 'utf8').split('\n')
  return lines.filter((line) => line.includes(` ${process.pid} `) && inodes.some((inode) => line.includes(inode))).length
}

describe.skipIf(process.platform !== 'linux')('the locks of an open store (seen in /proc/locks, which only Linux has)', () => {
  it('are the same after each operation that touches local files', async () => {
    const before = locks()
    assert.ok(before > 0)
    const operations: Readonly<Record<string, () => Promise<unknown>>> = {
      'import of the folder around it': () => nexus.importTree(project, '/project'),
      'import through a link': async () => {
        await symlink(store, join(project, 'link'))
        await nexus.importTree(project, '/linked', { links: 'follow' })
      },
      'import of the store': () => nexus.importTree(store, '/store').catch(() => {}),
      'import of the database': () => nexus.importTree(join(store, 'meta.db'), '/db').catch(() => {}),
      'export into the store': () => nexus.exportTree('/', join(store, 'blobs', 'out')).catch(() => {}),
      'export of a file over the database': () => nexus.exportTree('/large', join(store, 'meta.db')).catch(() => {}),
      backup: () => nexus.backup(join(folder, 'backup')),
      'a second opening and closing': async () => (await openNexus(store, { durability: 'os' })).close(),
    }
    for (const [what, work] of Object.entries(operations)) {
      await work()
      assert.equal(locks(), before, `after ${what}`)
    }
  })
})

describe('an import of a folder around the store', () => {
  it('leaves the store out and says so', async () => {
    const { leftOut, files, failed } = await nexus.importTree(project, '/project')
    assert.deepEqual({ leftOut, files, failed }, { leftOut: [{ path: '.nexus', why: 'store' }], files: 2, failed: 0 })
    assert.deepEqual(await paths('/project'), ['/project/readme.md', '/project/src', '/project/src/main.ts'])
  })

  it('takes what stands beside the store in one folder', async () => {
    await using mixed = await openNexus(join(project, 'src'), { durability: 'os' })
    await mixed.write('/x', 'x')
    const { leftOut } = await nexus.importTree(project, '/project')
    assert.deepEqual(await paths('/project/src'), ['/project/src/main.ts'])
    assert.deepEqual(
      pathsOf(leftOut).filter((path) => path.startsWith('src')),
      ['src/blobs', 'src/meta.db', 'src/meta.db-shm', 'src/meta.db-wal', 'src/tmp'],
    )
  })

  it('leaves out a store that only another process may have open', async () => {
    const other = join(project, 'other', 'data')
    await (await openNexus(other, { durability: 'os' })).close()
    const { leftOut } = await nexus.importTree(project, '/project')
    assert.deepEqual(pathsOf(leftOut), ['.nexus', 'other/data'])
  })

  it('leaves out a folder called .nexus with a database whose blobs are elsewhere', async () => {
    const other = join(project, 'other', '.nexus')
    await mkdir(other, { recursive: true })
    await writeFile(join(other, 'meta.db'), '')
    const { leftOut } = await nexus.importTree(project, '/project')
    assert.deepEqual(pathsOf(leftOut), ['.nexus', 'other/.nexus'])
  })

  it('leaves the database out where a link or a hard link leads to it', async () => {
    await symlink(join(store, 'meta.db'), join(project, 'soft'))
    await link(join(store, 'meta.db'), join(project, 'hard'))
    const { leftOut } = await nexus.importTree(project, '/project', { links: 'follow' })
    assert.deepEqual(pathsOf(leftOut), ['.nexus', 'hard', 'soft'])
  })
})

describe('a source or target that is or lies inside a store', () => {
  it('is refused by an import, also through a link', async () => {
    await symlink(store, join(folder, 'link'))
    for (const source of [
      store,
      join(store, 'blobs'),
      join(store, 'meta.db'),
      join(folder, 'link'),
      join(folder, 'link', 'tmp'),
    ]) {
      await assert.rejects(nexus.importTree(source, '/in'), { code: 'InvalidArgument' }, source)
    }
    assert.equal(await nexus.exists('/in'), false)
  })

  it('is refused by an export and by a backup, and so is a target that holds a store', async () => {
    const names = (): Promise<string[]> => readdir(store, { recursive: true })
    // The first commit of a process leaves its witness in the background.
    while (!(await names()).some((name) => /\/wi\/./.test(name))) await sleep(5)
    const before = await names()
    for (const target of [store, join(store, 'tmp'), join(store, 'blobs', 'new'), project, join(store, 'meta.db-wal')]) {
      await assert.rejects(nexus.exportTree('/', target), { code: 'InvalidArgument' }, target)
      await assert.rejects(nexus.backup(target), { code: 'InvalidArgument' }, target)
    }
    assert.deepEqual(await names(), before)
  })

  it('is free again once the store is closed', async () => {
    const other = join(folder, 'other')
    const first = await openNexus(other, { durability: 'os' })
    await assert.rejects(nexus.exportTree('/', join(other, 'blobs', 'x')), { code: 'InvalidArgument' })
    await first.close()
    await nexus.exportTree('/', join(other, 'blobs', 'x'))
  })
})
