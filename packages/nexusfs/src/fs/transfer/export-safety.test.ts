// Guards: fs/transfer/export-entry.ts, fs/transfer/export-target.ts, fs/transfer/export-tree.ts

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { renameSync, symlinkSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { NexusFS } from '../nexus-fs.ts'
import { failure, memoryFixture, type StoreFixture } from '../store.test-fixture.ts'

// Guards fs/transfer/export-entry.ts, fs/transfer/export-target.ts and fs/local-folders.ts: where an export writes, and what it replaces.

let folder = ''
let out = ''
let fixture: StoreFixture
let fs: NexusFS

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-export-safety-'))
  out = join(folder, 'out')
  fixture = await memoryFixture()
  fs = await fixture.open()
})
afterEach(async () => {
  await fixture[Symbol.asyncDispose]()
  // Deeper than Node can remove.
  execFileSync('rm', ['-rf', folder])
})

/** Cancelled after so many files and links, with more behind them than are written at the same time. */
async function interrupted(path: string, files: number, target = out): Promise<void> {
  for (let n = 0; n < 30; n++) await fs.write(`${path}/zz/${n}`, 'x')
  const controller = new AbortController()
  let seen = 0
  const onProgress = (): void => {
    if (++seen === files) controller.abort()
  }
  assert.equal((await failure(() => fs.exportTree(path, target, { signal: controller.signal, onProgress }))).code, 'Aborted')
}

describe('an export that was interrupted', () => {
  it('is finished by the next one: what is there is kept, what is half there is written again, nothing else stays', async () => {
    for (let n = 0; n < 40; n++) await fs.write(`/t/d${n % 4}/${n}`, `content ${n}`, { mode: n % 2 === 0 ? 0o600 : 0o755 })
    await interrupted('/t', 20)
    const first = (await readdir(join(out, 'd0')))[0] ?? ''
    await writeFile(join(out, 'd0', first), 'half')
    const report = await fs.exportTree('/t', out)
    assert.ok(report.unchanged > 10 && report.unchanged < 70, `${report.unchanged} kept`)
    assert.equal(report.files, 70)
    assert.equal(await readFile(join(out, 'd0', first), 'utf8'), `content ${first}`)
    assert.deepEqual((await readdir(out)).sort(), ['d0', 'd1', 'd2', 'd3', 'zz'])
    assert.equal((await fs.importTree(out, '/t')).unchanged, 70)
  })

  it('is finished as the store is then', async () => {
    for (const name of ['a', 'b', 'c/x', 'd/y']) await fs.write(`/t/${name}`, name)
    await fs.symlink('a', '/t/e')
    await interrupted('/t', 6)
    for (const name of ['a', 'b', 'c', 'd']) await fs.remove(`/t/${name}`, { recursive: true })
    await fs.symlink('b', '/t/a')
    await fs.write('/t/b/now/below', 'deep')
    await fs.remove('/t/e')
    await fs.write('/t/e', 'a file')
    await fs.exportTree('/t', out)
    assert.equal(await readlink(join(out, 'a')), 'b')
    assert.equal(await readFile(join(out, 'b', 'now', 'below'), 'utf8'), 'deep')
    assert.equal(await readFile(join(out, 'e'), 'utf8'), 'a file')
  })

  it('does not let another one begin in its folder', async () => {
    await fs.write('/t/a', 'x')
    await fs.write('/t/b', 'x')
    await fs.write('/u/a', 'x')
    await interrupted('/t', 1)
    const error = await failure(() => fs.exportTree('/u', out))
    assert.equal(error.code, 'AlreadyExists')
    assert.match(error.message, /no export of \/u was begun in it/)
    await using other = await memoryFixture()
    const elsewhere = await other.open()
    await elsewhere.write('/t/a', 'x')
    assert.equal((await failure(() => elsewhere.exportTree('/t', out))).code, 'AlreadyExists')
  })
})

describe('an export writes nowhere but into its folder', () => {
  it('however links of the store lead', async () => {
    const outside = join(folder, 'outside')
    await mkdir(outside)
    await fs.symlink(outside, '/t/link')
    await fs.symlink('../outside', '/t/sub/up')
    await fs.symlink(join(outside, 'file'), '/t/file')
    await fs.exportTree('/t', out)
    assert.deepEqual(
      [await readlink(join(out, 'link')), await readlink(join(out, 'sub', 'up')), await readlink(join(out, 'file'))],
      [outside, '../outside', join(outside, 'file')],
    )
    assert.deepEqual(await readdir(outside), [])
  })

  it('also where it finds a link of its own in place of a directory or a file', async () => {
    const outside = join(folder, 'outside')
    await mkdir(outside)
    await fs.write('/t/a', 'x')
    await fs.symlink(outside, '/t/d')
    await fs.symlink(join(outside, 'file'), '/t/f')
    await fs.write('/t/z', 'x')
    await interrupted('/t', 3)
    await fs.remove('/t/d')
    await fs.write('/t/d/inside', 'x')
    await fs.remove('/t/f')
    await fs.write('/t/f', 'x')
    await fs.exportTree('/t', out)
    assert.deepEqual(await readdir(outside), [])
    assert.ok((await lstat(join(out, 'd'))).isDirectory())
    assert.equal(await readFile(join(out, 'd', 'inside'), 'utf8'), 'x')
    assert.ok((await lstat(join(out, 'f'))).isFile())
  })

  it('also if somebody puts a link in place of a folder while it runs', async () => {
    const outside = join(folder, 'outside')
    await mkdir(outside)
    for (let n = 0; n < 200; n++) await fs.write(`/t/d/${String(n).padStart(3, '0')}`, 'x')
    let seen = 0
    const onProgress = (): void => {
      if (++seen !== 20) return
      renameSync(join(out, 'd'), join(folder, 'moved'))
      symlinkSync(outside, join(out, 'd'))
    }
    await fs.exportTree('/t', out, { onProgress }).catch(() => {})
    assert.deepEqual(await readdir(outside), [])
  })
})

describe('what an export makes', () => {
  it('has the modes of the store, whatever the umask, but gives nobody the rights of who exports', async () => {
    await fs.write('/t/secret', 'x', { mode: 0o600 })
    await fs.write('/t/set', 'x', { mode: 0o6755 })
    await fs.write('/t/none', 'x', { mode: 0 })
    await fs.write('/t/shared', 'x', { mode: 0o666 })
    await fs.mkdir('/t/closed', { mode: 0o500 })
    await fs.write('/t/closed/in', 'x')
    const before = process.umask(0o077)
    try {
      await fs.exportTree('/t', out)
    } finally {
      process.umask(before)
    }
    const modes: Record<string, string> = {}
    for (const name of ['secret', 'set', 'none', 'shared', 'closed', 'closed/in']) {
      modes[name] = ((await lstat(join(out, name))).mode & 0o7777).toString(8)
    }
    assert.deepEqual(modes, { secret: '600', set: '755', none: '0', shared: '666', closed: '500', 'closed/in': '644' })
  })

  it.skipIf(process.platform !== 'linux')(
    'can lie deeper than a path of the system reaches (found by way of /proc, which only Linux has)',
    async () => {
      const path = `/${'n'.repeat(255)}`.repeat(16)
      await fs.write(path, 'deep')
      await fs.exportTree('/', out)
      const content = execFileSync('find', ['.', '-type', 'f', '-execdir', 'cat', '{}', ';'], { cwd: out, encoding: 'utf8' })
      assert.equal(content, 'deep')
    },
  )

  it('goes on past a name that the file system does not take', async () => {
    await fs.write('/t/a', 'x')
    await symlink('nowhere', join(folder, 'dangling'))
    assert.equal((await failure(() => fs.exportTree('/t/a', join(folder, 'dangling')))).code, 'AlreadyExists')
  })
})
