import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, lstat, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { NexusFS } from './nexus-fs.ts'
import { all, failure, memoryPlace, type TestPlace } from './test-place.test-fixture.ts'

let folder = ''
let source = ''
let place: TestPlace
let fs: NexusFS

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-import-'))
  source = join(folder, 'source')
  await mkdir(join(source, 'sub', 'empty'), { recursive: true })
  await writeFile(join(source, 'a'), 'a')
  await writeFile(join(source, 'sub', 'run'), '#!/bin/sh\n')
  await chmod(join(source, 'sub', 'run'), 0o755)
  place = await memoryPlace()
  fs = await place.open()
})
afterEach(async () => {
  await place[Symbol.asyncDispose]()
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
      bytes: 11,
      unchanged: 0,
      skippedLinks: 0,
      leftOut: [],
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

  it('leaves what the source does not have, and refuses to put a file where a directory is, or the other way round', async () => {
    await fs.write('/t/other', 'x')
    await fs.importTree(source, '/t')
    assert.equal(await fs.readText('/t/other'), 'x')
    await fs.mkdir('/d/a', { recursive: true })
    assert.equal((await failure(() => fs.importTree(source, '/d'))).code, 'IsADirectory')
    await fs.write('/f/sub', 'x')
    assert.equal((await failure(() => fs.importTree(source, '/f'))).code, 'NotADirectory')
    assert.deepEqual(await paths('/f'), ['/f/sub'])
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

  it('refuses a file that is larger than memory allows, with the reason', async () => {
    await truncate(join(source, 'a'), 3 * 1024 ** 3)
    const error = await failure(() => fs.importTree(source, '/t'))
    assert.equal(error.code, 'Unsupported')
    assert.match(error.message, /2 GiB/)
    assert.equal(await fs.exists('/t/a'), false)
  })

  it('says which source is missing', async () => {
    const error = await failure(() => fs.importTree(join(folder, 'nowhere'), '/t'))
    assert.equal(error.code, 'NotFound')
    assert.ok(error.message.includes('nowhere'))
  })
})

describe('importTree of links', () => {
  it('refuses them all with a list, and imports nothing', async () => {
    await symlink('a', join(source, 'link'))
    await symlink('..', join(source, 'sub', 'up'))
    const error = await failure(() => fs.importTree(source, '/t'))
    assert.equal(error.code, 'InvalidArgument')
    assert.match(error.message, /2 cannot be imported: link \(symbolic link\), sub\/up \(symbolic link\)/)
    assert.equal(await fs.exists('/t'), false)
  })

  it('lists the first ten of many', async () => {
    for (let n = 0; n < 25; n++) await symlink('a', join(source, `l${n}`))
    assert.match(
      (await failure(() => fs.importTree(source, '/t'))).message,
      /25 cannot be imported: (l\d+ [^,]*, ){10}and 15 more/,
    )
  })

  it('leaves them out when told to skip, and counts them', async () => {
    await symlink('a', join(source, 'link'))
    await symlink('nowhere', join(source, 'dangling'))
    assert.equal((await fs.importTree(source, '/t', { links: 'skip' })).skippedLinks, 2)
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

  it('refuses to follow them out of the tree, in a circle, or to nothing', async () => {
    await writeFile(join(folder, 'outside'), 'secret')
    await mkdir(join(folder, 'source-beside'))
    const refused: readonly [target: string, why: RegExp][] = [
      ['../outside', /link to outside the tree/],
      [join(folder, 'outside'), /link to outside the tree/],
      ['../source-beside', /link to outside the tree/],
      ['/', /link to outside the tree/],
      ['nowhere', /link to nothing/],
      ['.', /link in a circle/],
      ['link', /link to nothing/],
    ]
    for (const [target, why] of refused) {
      await symlink(target, join(source, 'link'))
      const error = await failure(() => fs.importTree(source, '/t', { links: 'follow' }))
      assert.equal(error.code, 'InvalidArgument', target)
      assert.match(error.message, why)
      await rm(join(source, 'link'))
    }
    await symlink('../sub', join(source, 'sub', 'again'))
    assert.match((await failure(() => fs.importTree(source, '/t', { links: 'follow' }))).message, /link in a circle/)
    assert.equal(await fs.exists('/t'), false)
  })

  it('refuses two directories that link into each other', async () => {
    await mkdir(join(source, 'one'))
    await mkdir(join(source, 'two'))
    await symlink('../two', join(source, 'one', 'to'))
    await symlink('../one', join(source, 'two', 'to'))
    assert.match((await failure(() => fs.importTree(source, '/t', { links: 'follow' }))).message, /link in a circle/)
  })

  it('goes through a link that is the source itself', async () => {
    await symlink('source', join(folder, 'alias'))
    await fs.importTree(join(folder, 'alias'), '/t')
    assert.equal(await fs.readText('/t/a'), 'a')
  })
})

describe('importTree of what no store can name or hold', () => {
  it('refuses names that are not UTF-8, by their place', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${source}/sub/bad-`), Buffer.from([0xff, 0xfe])]), 'x')
    const error = await failure(() => fs.importTree(source, '/t'))
    assert.equal(error.code, 'InvalidArgument')
    assert.match(error.message, /1 cannot be imported: .*sub\/bad-\S+ \(name is not UTF-8\)/)
  })

  it('refuses a pipe and a socket, and does not wait for them', async () => {
    execFileSync('mkfifo', [join(source, 'pipe')])
    const error = await failure(() => fs.importTree(source, '/t'))
    assert.match(error.message, /pipe \(neither a file nor a directory\)/)
    assert.equal(error.code, 'InvalidArgument')
    assert.equal((await failure(() => fs.importTree('/dev/null', '/t'))).code, 'InvalidArgument')
  })

  it('refuses paths that become too long, before anything is imported', async () => {
    const error = await failure(() => fs.importTree(source, `/${`${'x'.repeat(200)}/`.repeat(20)}${'y'.repeat(70)}`))
    assert.equal(error.code, 'InvalidPath')
    assert.deepEqual(await paths(), [])
  })
})
