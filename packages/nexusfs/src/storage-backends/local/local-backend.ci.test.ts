import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import { LocalBackend } from './local-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-ci-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What no tool can create as this user is created as root. */
const mountPoint = join(folder, 'mount')
mkdirSync(mountPoint)
const key = 'group/name'

function mount(options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'nexus-test', mountPoint])
}

function temporaryFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('.tmp-'))
}

describe('LocalBackend on a real medium that refuses (needs root)', () => {
  let backend: LocalBackend | undefined
  beforeEach(() => assert.equal(process.getuid?.(), 0, 'run this as root: it mounts file systems'))
  afterEach(async () => {
    await backend?.close()
    backend = undefined
    execFileSync('umount', [mountPoint])
  })

  it('a full disk is NoSpace, leaves nothing behind, keeps reading and recovers once there is space', async () => {
    mount('size=4m')
    backend = await LocalBackend.open({ root: join(mountPoint, 'root') })
    const bytes = new Uint8Array(300_000).fill(1)
    for (let round = 0; round < 100; round++) {
      const stored = await fill(backend, bytes, round)
      assert.ok(stored.length > 5)
      assert.deepEqual(temporaryFiles(mountPoint), [])
      assert.deepEqual(await backend.get(stored[0] ?? ''), bytes)
      assert.equal((await backend.list()).blobs.length, stored.length)
      await backend.delete(stored)
    }
    await backend.put(key, bytes, { size: bytes.length })
  })

  it('a disk without free inodes is NoSpace', async () => {
    mount('size=4m,nr_inodes=50')
    backend = await LocalBackend.open({ root: join(mountPoint, 'root') })
    const stored = await fill(backend, new Uint8Array(10), 0)
    assert.ok(stored.length > 10 && stored.length < 50)
    await backend.delete(stored)
    await backend.put(key, new Uint8Array(10), { size: 10 })
  })

  it('a disk that turns read-only is ReadOnly for what writes, and is read from', async () => {
    mount('size=4m')
    const root = join(mountPoint, 'root')
    backend = await LocalBackend.open({ root })
    await backend.put(key, new Uint8Array(10), { size: 10 })
    execFileSync('mount', ['-o', 'remount,ro', mountPoint])
    await assert.rejects(backend.put(`${key}2`, new Uint8Array(10), { size: 10 }), { code: 'ReadOnly' })
    await assert.rejects(backend.stage(new Uint8Array(10), { size: 10 }), { code: 'ReadOnly' })
    await assert.rejects(backend.delete([key]), { code: 'ReadOnly' })
    await using reader = await LocalBackend.open({ root, create: false })
    assert.equal((await reader.get(key)).length, 10)
    assert.equal((await reader.list()).blobs.length, 1)
  })

  async function fill(filled: LocalBackend, bytes: Uint8Array, round: number): Promise<string[]> {
    const stored: string[] = []
    for (let index = 0; index < 1000; index++) {
      const name = `group/na-${round}-${index}`
      try {
        if (index % 2 === 0) await filled.put(name, bytes, { size: bytes.length })
        else await (await filled.stage(bytes, { size: bytes.length })).publish(name)
        stored.push(name)
      } catch (error) {
        assert.ok(isNexusError(error, 'NoSpace'), String(error))
        return stored
      }
    }
    assert.fail('the disk never filled up')
  }
})

describe('LocalBackend as a user without rights (needs root)', () => {
  /** Runs the program as the user `nobody`, and gives the code of the error it ends with. */
  async function asNobody(root: string, statement: string): Promise<string> {
    const program = `
      import { LocalBackend } from ${JSON.stringify(join(import.meta.dirname, 'local-backend.ts'))}
      process.setgroups([]); process.setgid(65534); process.setuid(65534)
      try {
        const backend = await LocalBackend.open({ root: process.argv[1] })
        ${statement}
        console.log('success')
      } catch (error) { console.log(error.code) }`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, root])
    return stdout.trim()
  }

  it('reads what it may, is refused with PermissionDenied where it may not, and changes nothing (ReadOnly)', async () => {
    assert.equal(process.getuid?.(), 0, 'run this as root: it changes the user')
    chmodSync(folder, 0o755)
    const root = join(folder, 'theirs')
    await using backend = await LocalBackend.open({ root })
    await backend.put(key, new Uint8Array(10), { size: 10 })
    assert.equal(await asNobody(root, ''), 'PermissionDenied')
    for (const path of [root, join(root, 'blobs'), join(root, 'tmp'), join(root, 'blobs', 'group')]) chmodSync(path, 0o755)
    assert.equal(await asNobody(root, ''), 'success')
    chmodSync(join(root, 'blobs', 'group', 'na'), 0o755)
    assert.equal(await asNobody(root, `await backend.get('${key}')`), 'PermissionDenied')
    assert.equal(await asNobody(root, `await backend.delete(['${key}'])`), 'ReadOnly')
    assert.equal(await asNobody(root, `await backend.put('${key}2', new Uint8Array(1), { size: 1 })`), 'ReadOnly')
    assert.equal(await asNobody(root, `await backend.put('other/name', new Uint8Array(1), { size: 1 })`), 'ReadOnly')
    assert.equal(await asNobody(root, `await backend.stage(new Uint8Array(1), { size: 1 })`), 'ReadOnly')
    chmodSync(join(root, 'blobs', 'group'), 0o700)
    assert.equal(await asNobody(root, `await backend.list()`), 'PermissionDenied')
    assert.equal(await asNobody(root, `await backend.stat(['${key}'])`), 'PermissionDenied')
  })

  it('cannot lead a put of root elsewhere through a file or a folder it owns', async () => {
    const root = join(folder, 'planted')
    await (await LocalBackend.open({ root })).close()
    const group = join(root, 'blobs', 'group')
    writeFileSync(group, '')
    chownSync(group, 65534, 65534)
    await using backend = await LocalBackend.open({ root })
    await assert.rejects(backend.put(key, new Uint8Array(1), { size: 1 }), { code: 'Corrupt' })
  })
})
