// Guards: metadata-stores/sqlite/*.ts, storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isNexusError, type NexusError, type NexusFS, openNexus } from 'nexusfs'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { unprivilegedAccount } from '../../services/unprivileged-account.ts'
import { runNexus } from '../concurrency/processes.ts'

let folder = ''
let mountPoint = ''
let isMounted = false

beforeEach(async () => {
  assert.equal(process.getuid?.(), 0, 'run this as root: it mounts file systems')
  folder = await mkdtemp(join(tmpdir(), 'nexus-media-'))
  mountPoint = join(folder, 'mount')
  await mkdir(mountPoint)
})
afterEach(async () => {
  if (isMounted) execFileSync('umount', ['-l', mountPoint])
  isMounted = false
  await rm(folder, { recursive: true, force: true })
})

function mount(options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'nexus-test', mountPoint])
  isMounted = true
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo().catch(() => false)); tries++) {
    assert.ok(tries < 200, 'it does not come')
    await sleep(10)
  }
}

async function failure(work: () => Promise<unknown>): Promise<NexusError> {
  try {
    await work()
  } catch (error) {
    if (isNexusError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** Writes files of this size until one fails; the contents of those that were acknowledged. */
async function fill(fs: NexusFS, size: number, files: Map<string, Uint8Array>): Promise<NexusError> {
  for (let n = 0; ; n++) {
    const [path, content] = [`/${size}/${n}`, new Uint8Array(randomBytes(size))]
    try {
      await fs.write(path, content)
      files.set(path, content)
    } catch (error) {
      if (isNexusError(error)) return error
      throw error
    }
  }
}

async function assertAllThere(fs: NexusFS, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [path, content] of files) assert.ok(Buffer.from(await fs.read(path)).equals(content), path)
  let count = 0
  for await (const { kind } of fs.walk('/')) if (kind === 'file') count++
  assert.equal(count, files.size)
}

describe('a full disk of 64 MiB (needs root)', () => {
  for (const durability of ['os', 'disk'] as const) {
    it(`loses nothing acknowledged in class ${durability}: NoSpace, reads go on, and writes too once there is space`, async () => {
      mount('size=64m')
      const ballast = join(mountPoint, 'ballast')
      await writeFile(ballast, new Uint8Array(8 * 1024 * 1024))
      const data = join(mountPoint, 'data')
      const files = new Map<string, Uint8Array>()
      await using fs = await openNexus(data, { durability, cacheBytes: 0 })
      // A large file finds no room first; what is small still does then.
      assert.equal((await fill(fs, 4_000_000, files)).code, 'NoSpace')
      assert.ok(files.size > 5)
      await fs.remove('/4000000/0')
      files.delete('/4000000/0')
      await fs.write('/small', 'x')
      files.set('/small', new Uint8Array(Buffer.from('x')))
      for (const size of [300_000, 20_000, 10]) {
        const error = await fill(fs, size, files)
        assert.deepEqual([error.code, error.retry], ['NoSpace', 'safe'], error.message)
      }
      await assertAllThere(fs, files)
      assert.equal((await failure(() => fs.write('/large', randomBytes(2_000_000)))).code, 'NoSpace')
      const batch = [{ path: '/batch', content: randomBytes(200_000) }]
      assert.equal((await failure(() => fs.writeBatch(batch))).code, 'NoSpace')
      const cat = await runNexus(['cat', '/small', '--store', data])
      assert.deepEqual([cat.code, cat.stdout], [0, 'x'], cat.stderr)
      await rm(ballast)
      await fs.write('/again', randomBytes(1_000_000))
      await fs.remove('/again')
      await fs.remove('/4000000/1')
      files.delete('/4000000/1')
      await assertAllThere(fs, files)
      await fs.close()
      await using again = await openNexus(data, { durability, create: false })
      await assertAllThere(again, files)
    })
  }

  it('is NoSpace for an import, which goes on where it stopped once there is space', async () => {
    mount('size=64m')
    const ballast = join(mountPoint, 'ballast')
    await writeFile(ballast, new Uint8Array(48 * 1024 * 1024))
    const source = join(folder, 'source')
    await mkdir(source)
    for (let n = 0; n < 24; n++) await writeFile(join(source, `file${n}`), randomBytes(1_000_000))
    await using fs = await openNexus(join(mountPoint, 'data'), { durability: 'os' })
    assert.equal((await failure(() => fs.importTree(source, '/t'))).code, 'NoSpace')
    const before = (await fs.usage()).files
    await rm(ballast)
    const report = await fs.importTree(source, '/t')
    assert.deepEqual([report.files, report.unchanged], [24, before])
    assert.equal((await fs.usage()).versions, 24)
  })

  it('without room for a store is NoSpace, and leaves nothing that looks like one', async () => {
    mount('size=16k')
    const data = join(mountPoint, 'data')
    assert.equal((await failure(() => openNexus(data))).code, 'NoSpace')
    execFileSync('mount', ['-o', 'remount,size=8m', mountPoint])
    await using fs = await openNexus(data, { durability: 'os' })
    await fs.write('/a', 'x')
  })
})

describe('a disk that is full to the last byte (needs root)', () => {
  /** Takes all that is left, byte by byte in the end. */
  async function fillUp(): Promise<void> {
    const ballast = await open(join(mountPoint, 'ballast'), 'a')
    for (const size of [1 << 20, 4096, 1]) {
      for (let isFull = false; !isFull; )
        isFull = await ballast.appendFile(new Uint8Array(size)).then(
          () => false,
          () => true,
        )
    }
    await ballast.close()
  }

  for (const durability of ['os', 'disk'] as const) {
    it(`lets files be removed in class ${durability}, by whom has the store open and by whom opens it`, async () => {
      mount('size=64m')
      const data = join(mountPoint, 'data')
      await using made = await openNexus(data, { durability })
      await made.writeBatch(Array.from({ length: 1_000 }, (_, n) => ({ path: `/f${n}`, content: 'x'.repeat(500 + n) })))
      await made.mkdir('/empty')
      await made.close()
      await using before = await openNexus(data, { durability })
      assert.equal(await before.exists('/f0'), true)
      await eventually(async () => (await stat(join(data, 'meta.db-reserve'))).size === 1_048_576)
      await fillUp()
      assert.equal((await failure(() => before.write('/new', 'x'))).code, 'NoSpace')
      for (let n = 0; n < 60; n++) await before.remove(`/f${n}`)
      await before.rmdir('/empty')
      await before.close()
      await fillUp()
      await using after = await openNexus(data, { durability })
      assert.equal((await failure(() => after.write('/new', randomBytes(100_000)))).code, 'NoSpace')
      for (let n = 60; n < 120; n++) await after.remove(`/f${n}`)
      await after.close()
      await fillUp()
      const rm = await runNexus(['rm', '/f120', '--store', data])
      assert.equal(rm.code, 0, rm.stderr)
      await using again = await openNexus(data, { durability })
      assert.equal((await again.usage()).files, 1_000 - 121)
    })
  }
})

describe('a medium that takes no writes (needs root)', () => {
  /** Asserts that the store is read whole, and that what would change it is refused with the reason. */
  async function assertReadOnly(data: string, files: Readonly<Record<string, string>>): Promise<void> {
    await using fs = await openNexus(data)
    assert.match(fs.info.readOnly?.why ?? '', /is on a file system that is mounted read-only$/)
    for (const [path, text] of Object.entries(files)) assert.equal(await fs.readText(path), text)
    assert.equal((await fs.usage()).files, Object.keys(files).length)
    const refused = await failure(() => fs.remove('/a'))
    assert.deepEqual([refused.code, refused.context.outcome], ['ReadOnly', 'none'])
    const out = await mkdtemp(join(folder, 'out-'))
    await fs.exportTree('/', join(out, 'tree'))
    assert.equal(await readFile(join(out, 'tree', 'a'), 'utf8'), files['/a'])
    await fs.backup(join(out, 'backup'))
    await using copy = await openNexus(join(out, 'backup'), { create: false })
    for (const [path, text] of Object.entries(files)) assert.equal(await copy.readText(path), text)
    await copy.write('/a', 'the backup takes writes')
  }

  const large = 'large'.repeat(100_000)

  it('is opened for reading, and refuses every change', async () => {
    mount('size=16m')
    const data = join(mountPoint, 'data')
    await using fs = await openNexus(data, { durability: 'os' })
    await fs.write('/a', 'x')
    await fs.write('/large', large)
    await fs.close()
    await rm(join(data, 'tmp'), { recursive: true })
    execFileSync('mount', ['-o', 'remount,ro', mountPoint])
    await assertReadOnly(data, { '/a': 'x', '/large': large })
    const write = await runNexus(['write', '/a', '-', '--store', data], 'y')
    assert.equal(write.code, 5, write.stderr)
    assert.match(
      write.stderr,
      /^nexus: ReadOnly: .* is mounted read-only; mount it for writing, or copy the store to another disk\n$/,
    )
    const cat = await runNexus(['cat', '/a', '--store', data])
    assert.deepEqual([cat.code, cat.stdout], [0, 'x'], cat.stderr)
    assert.equal((await failure(() => openNexus(join(mountPoint, 'other')))).code, 'ReadOnly')
    execFileSync('mount', ['-o', 'remount,rw', mountPoint])
    await using again = await openNexus(data, { durability: 'os' })
    await again.write('/a', 'y')
  })

  /** A store whose last commits are in the WAL alone, since the process that made them was killed. */
  async function killedStore(): Promise<string> {
    mount('size=16m')
    const data = join(mountPoint, 'data')
    const script = `import { openNexus } from 'nexusfs'
      const fs = await openNexus(${JSON.stringify(data)}, { durability: 'os' })
      await fs.write('/a', 'first')
      await fs.write('/a', 'last')
      process.kill(process.pid, 'SIGKILL')`
    const args = ['--conditions=nexus-source', '--input-type=module', '-e', script]
    assert.throws(() => execFileSync(process.execPath, args, { cwd: import.meta.dirname }), { signal: 'SIGKILL' })
    assert.ok((await stat(join(data, 'meta.db-wal'))).size > 0)
    return data
  }

  it('gives the commits that a killed process left in the WAL', async () => {
    const data = await killedStore()
    execFileSync('mount', ['-o', 'remount,ro', mountPoint])
    await assertReadOnly(data, { '/a': 'last' })
  })

  it('is refused, with what to do, where these commits cannot be reached', async () => {
    const data = await killedStore()
    await rm(join(data, 'meta.db-shm'))
    execFileSync('mount', ['-o', 'remount,ro', mountPoint])
    const error = await failure(() => openNexus(data))
    assert.equal(error.code, 'ReadOnly')
    assert.match(error.message, /holds commits that cannot be read here; .* copy the whole folder to a disk that takes writes/)
    const copy = join(folder, 'copy')
    await cp(data, copy, { recursive: true })
    await using fs = await openNexus(copy)
    assert.equal(await fs.readText('/a'), 'last')
  })

  it('shows each commit of a writer to whom it is writable', async () => {
    const [data, view] = [join(folder, 'data'), mountPoint]
    await using writer = await openNexus(data, { durability: 'os' })
    await writer.write('/a', 'first')
    await writer.close()
    execFileSync('mount', ['--bind', data, view])
    isMounted = true
    execFileSync('mount', ['-o', 'remount,bind,ro', view])
    await assertReadOnly(view, { '/a': 'first' })
    await using reader = await openNexus(view)
    for (let n = 0; n < 3; n++) {
      await using another = await openNexus(data, { durability: 'os' })
      for (const text of [`one ${n}`, `two ${n}`]) {
        await another.write('/a', text)
        assert.equal(await reader.readText('/a'), text)
      }
    }
    assert.equal(await reader.readText('/a'), 'two 2')
  })
})

describe('a folder of another user (needs root)', () => {
  const account = unprivilegedAccount()

  /** Opens the store as a user without rights, reads and writes; prints what came of it. */
  function asOther(data: string): { text?: string; code: string; message: string } {
    const script = `import { openNexus } from 'nexusfs'
      let text
      try {
        const fs = await openNexus(${JSON.stringify(data)}, { durability: 'os' })
        text = await fs.readText('/a')
        await fs.write('/a', 'theirs')
        console.log(JSON.stringify({ text, code: 'none', message: '' }))
      } catch ({ code, message }) {
        console.log(JSON.stringify({ text, code, message }))
      }`
    const args = ['--conditions=nexus-source', '--input-type=module', '-e', script]
    const options = {
      encoding: 'utf8',
      cwd: import.meta.dirname,
      env: { PATH: process.env.PATH ?? '', HOME: '/' },
      ...account,
    } as const
    return JSON.parse(execFileSync(process.execPath, args, options)) as { text?: string; code: string; message: string }
  }

  it('is PermissionDenied where it may not be read, and opened for reading where it may not be written to', async () => {
    assert.ok(account)
    await chmod(folder, 0o755)
    const data = join(folder, 'data')
    await using fs = await openNexus(data, { durability: 'os' })
    await fs.write('/a', 'ours')
    const denied = asOther(data)
    assert.equal(denied.code, 'PermissionDenied', denied.message)
    execFileSync('chmod', ['-R', 'a+rX', data])
    const besideWriter = asOther(data)
    assert.deepEqual([besideWriter.text, besideWriter.code], ['ours', 'ReadOnly'], besideWriter.message)
    assert.match(besideWriter.message, /this user may not write to .*; ask its owner/)
    execFileSync('chmod', ['go-r', join(data, 'meta.db-shm')])
    const withoutShm = asOther(data)
    assert.deepEqual([withoutShm.text, withoutShm.code], [undefined, 'ReadOnly'], withoutShm.message)
    await fs.write('/a', 'ours again')
    await fs.close()
    // What was made meanwhile is for its owner alone again.
    execFileSync('chmod', ['-R', 'a+rX', data])
    const alone = asOther(data)
    assert.deepEqual([alone.text, alone.code], ['ours again', 'ReadOnly'], alone.message)
    await using again = await openNexus(data, { durability: 'os' })
    assert.equal(await again.readText('/a'), 'ours again')
  })
})
