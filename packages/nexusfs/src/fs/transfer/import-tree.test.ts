import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, lstat, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { LeftOutReason } from '../model/left-out.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { all, failure, memoryFixture, type StoreFixture } from '../store.test-fixture.ts'

let folder = ''
let source = ''
let fixture: StoreFixture
let fs: NexusFS

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-import-'))
  source = join(folder, 'source')
  await mkdir(join(source, 'sub', 'empty'), { recursive: true })
  await writeFile(join(source, 'a'), 'a')
  await writeFile(join(source, 'sub', 'run'), '#!/bin/sh\n')
  await chmod(join(source, 'sub', 'run'), 0o755)
  fixture = await memoryFixture()
  fs = await fixture.open()
})
afterEach(async () => {
  await fixture[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const microsecond = (nanoseconds: bigint): bigint => (nanoseconds - (((nanoseconds % 1000n) + 1000n) % 1000n)) / 1000n

const paths = async (path = '/'): Promise<string[]> => (await all(fs.walk(path))).map((entry) => entry.path)

describe('importTree', () => {
  it('brings in files, executable bits, times and empty directories', async () => {
    const time = new Date('2001-02-03T04:05:06.789Z')
    for (const name of ['a', 'sub/run', 'sub/empty', 'sub']) await utimes(join(source, name), time, time)
    const report = await fs.importTree(source, '/t', { author: 'eve', reason: 'why' })
    assert.deepEqual(report, {
      files: 2,
      directories: 3,
      links: 0,
      bytes: 11,
      unchanged: 0,
      removed: 0,
      leftOut: [],
      failed: 0,
      totalFiles: 2,
      totalBytes: 11,
    })
    assert.deepEqual(await paths(), ['/t', '/t/a', '/t/sub', '/t/sub/empty', '/t/sub/run'])
    const run = await fs.stat('/t/sub/run')
    assert.ok(run?.kind === 'file')
    assert.deepEqual([run.executable, run.modifiedAt, run.author, run.version], [true, time, 'eve', 1])
    assert.deepEqual((await fs.stat('/t/sub/empty'))?.modifiedAt, time)
    assert.equal((await all(fs.versions('/t/a')))[0]?.reason, 'why')
  })

  it('brings in one file, also below parents that are missing', async () => {
    await fs.importTree(join(source, 'a'), '/x/y/z')
    assert.equal(await fs.readText('/x/y/z'), 'a')
  })

  it('makes a new version of what has other bytes, another bit or another time, and of nothing else', async () => {
    await fs.importTree(source, '/t')
    const changes: readonly (() => Promise<unknown>)[] = [
      () => writeFile(join(source, 'a'), 'b'),
      () => chmod(join(source, 'a'), 0o711),
      () => utimes(join(source, 'a'), 1, 1),
    ]
    for (const [index, change] of changes.entries()) {
      await change()
      assert.equal((await fs.importTree(source, '/t')).unchanged, 1)
      assert.equal((await fs.importTree(source, '/t')).unchanged, 2)
      assert.equal((await all(fs.versions('/t/a'))).length, index + 2)
    }
    assert.equal((await all(fs.versions('/t/sub/run'))).length, 1)
  })

  it('leaves what the source does not have, and what stands in the way in the other kind, with all below it', async () => {
    await fs.write('/t/other', 'x')
    await fs.importTree(source, '/t')
    assert.equal(await fs.readText('/t/other'), 'x')
    await fs.mkdir('/d/a', { recursive: true })
    const overDirectory = await fs.importTree(source, '/d')
    assert.deepEqual(overDirectory.leftOut, [{ path: 'a', why: 'in the way' }])
    assert.deepEqual(await paths('/d'), ['/d/a', '/d/sub', '/d/sub/empty', '/d/sub/run'])
    await fs.write('/f/sub', 'x')
    const overFile = await fs.importTree(source, '/f')
    assert.deepEqual([overFile.leftOut, overFile.failed, overFile.files], [[{ path: 'sub', why: 'in the way' }], 1, 1])
    assert.deepEqual(await paths('/f'), ['/f/a', '/f/sub'])
    assert.equal((await failure(() => fs.importTree(source, '/f/sub'))).code, 'NotADirectory')
    assert.equal((await failure(() => fs.importTree(source, '/f/sub/below'))).code, 'NotADirectory')
    assert.equal((await failure(() => fs.importTree(join(source, 'a'), '/d/sub'))).code, 'IsADirectory')
  })

  it('keeps times before 1970, and times with a fraction of a millisecond', async () => {
    for (const seconds of ['-0.3', '-1.5', '-86400.000001', '-86400.000999', '-1000000000', '0', '1700000000.123456789']) {
      execFileSync('touch', ['-d', `@${seconds}`, join(source, 'a')])
      await fs.importTree(source, '/t')
      const out = join(folder, `out${seconds}`)
      await fs.exportTree('/t', out)
      const [before, after] = [await lstat(join(source, 'a'), { bigint: true }), await lstat(join(out, 'a'), { bigint: true })]
      assert.equal(microsecond(after.mtimeNs), microsecond(before.mtimeNs), seconds)
      assert.equal((await fs.stat('/t/a'))?.modifiedAt.getTime(), Math.floor(Number(seconds) * 1000))
      assert.equal((await fs.importTree(out, '/t')).unchanged, 2, seconds)
    }
  })

  it('reads more files than a process may have open', async () => {
    const names = Array.from({ length: 600 }, (_, n) => join(source, `many${n}`))
    for (const name of names) await writeFile(name, name)
    const script = `import { NexusFS, MemoryStore, MemoryBackend } from 'nexusfs'
      const fs = await NexusFS.open({ storage: await MemoryBackend.open(), metadata: await MemoryStore.open() })
      const { files } = await fs.importTree(${JSON.stringify(source)}, '/t')
      await fs.exportTree('/t', ${JSON.stringify(join(folder, 'out'))})
      console.log(files)`
    const command = `ulimit -n 100 && exec "${process.execPath}" --conditions=nexus-source --input-type=module -e "$SCRIPT"`
    const env = { ...process.env, SCRIPT: script }
    const output = execFileSync('sh', ['-c', command], { env, encoding: 'utf8', cwd: import.meta.dirname })
    assert.equal(output.trim(), '602')
  })

  it('gives what the progress function throws to the caller as it is', async () => {
    const own = new RangeError('mine')
    const onProgress = (): void => {
      throw own
    }
    await assert.rejects(fs.importTree(source, '/t', { onProgress }), (error) => error === own)
    await fs.write('/e/a', 'x')
    await assert.rejects(fs.exportTree('/e', join(folder, 'out'), { onProgress }), (error) => error === own)
  })

  it('says which source is missing', async () => {
    const error = await failure(() => fs.importTree(join(folder, 'nowhere'), '/t'))
    assert.equal(error.code, 'NotFound')
    assert.ok(error.message.includes('nowhere'))
  })
})

describe('importTree of links', () => {
  it('refuses them all with a list when told to, and imports nothing', async () => {
    await symlink('a', join(source, 'link'))
    await symlink('..', join(source, 'sub', 'up'))
    const error = await failure(() => fs.importTree(source, '/t', { links: 'refuse' }))
    assert.equal(error.code, 'InvalidArgument')
    assert.match(error.message, /2 cannot be imported: link \(symbolic link\), sub\/up \(symbolic link\)/)
    assert.equal(await fs.exists('/t'), false)
  })

  it('lists the first ten of many', async () => {
    for (let n = 0; n < 25; n++) await symlink('a', join(source, `l${n}`))
    assert.match(
      (await failure(() => fs.importTree(source, '/t', { links: 'refuse' }))).message,
      /25 cannot be imported: (l\d+ [^,]*, ){10}and 15 more/,
    )
  })

  it('leaves them out when told to skip, and counts them', async () => {
    await symlink('a', join(source, 'link'))
    await symlink('nowhere', join(source, 'dangling'))
    const { leftOut, failed } = await fs.importTree(source, '/t', { links: 'skip' })
    assert.deepEqual(leftOut, [
      { path: 'dangling', why: 'link' },
      { path: 'link', why: 'link' },
    ])
    assert.equal(failed, 0)
    assert.deepEqual(await paths('/t'), ['/t/a', '/t/sub', '/t/sub/empty', '/t/sub/run'])
  })

  it('follows them inside the tree: to files, to directories, through other links', async () => {
    await symlink('a', join(source, 'link'))
    await symlink('sub', join(source, 'dir'))
    await symlink('link', join(source, 'second'))
    await fs.importTree(source, '/t', { links: 'follow' })
    assert.equal(await fs.readText('/t/link'), 'a')
    assert.equal(await fs.readText('/t/second'), 'a')
    assert.equal(await fs.readText('/t/dir/run'), '#!/bin/sh\n')
    const run = await fs.stat('/t/dir/run')
    assert.equal(run?.kind === 'file' && run.executable, true)
    assert.equal((await fs.stat('/t/dir/empty'))?.kind, 'directory')
  })

  it('does not follow them out of the tree, in a circle, or to nothing', async () => {
    await writeFile(join(folder, 'outside'), 'secret')
    await mkdir(join(folder, 'source-beside'))
    const refused: readonly [target: string, why: LeftOutReason][] = [
      ['../outside', 'link to outside'],
      [join(folder, 'outside'), 'link to outside'],
      ['../source-beside', 'link to outside'],
      ['/', 'link to outside'],
      ['nowhere', 'link to nothing'],
      ['.', 'link in a circle'],
      ['link', 'link to nothing'],
    ]
    for (const [target, why] of refused) {
      await symlink(target, join(source, 'link'))
      const { leftOut, failed } = await fs.importTree(source, '/t', { links: 'follow' })
      assert.deepEqual([leftOut, failed], [[{ path: 'link', why }], 1], target)
      await rm(join(source, 'link'))
    }
    assert.deepEqual(await paths('/t'), ['/t/a', '/t/sub', '/t/sub/empty', '/t/sub/run'])
  })

  it('ends in circles of two directories that link into each other', async () => {
    await mkdir(join(source, 'one'))
    await mkdir(join(source, 'two'))
    await symlink('../two', join(source, 'one', 'to'))
    await symlink('../one', join(source, 'two', 'to'))
    const { leftOut } = await fs.importTree(source, '/t', { links: 'follow' })
    assert.deepEqual(leftOut, [
      { path: 'one/to/to', why: 'link in a circle' },
      { path: 'two/to/to', why: 'link in a circle' },
    ])
  })

  it('refuses links that multiply directories beyond all bounds, before anything is imported', async () => {
    const levels = 20
    for (let level = 0; level <= levels; level++) await mkdir(join(source, `d${level}`))
    for (let level = 0; level < levels; level++) {
      for (const name of ['one', 'two']) await symlink(`../d${level + 1}`, join(source, `d${level}`, name))
    }
    const error = await failure(() => fs.importTree(source, '/t', { links: 'follow' }))
    assert.equal(error.code, 'InvalidArgument')
    assert.match(error.message, /more than 10000 directories/)
    assert.equal(await fs.exists('/t'), false)
  })

  it('goes through a link that is the source itself', async () => {
    await symlink('source', join(folder, 'alias'))
    await fs.importTree(join(folder, 'alias'), '/t')
    assert.equal(await fs.readText('/t/a'), 'a')
  })
})
