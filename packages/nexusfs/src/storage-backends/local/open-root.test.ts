import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { LocalBackend } from './local-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-open-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let root: string
let count = 0
beforeEach(() => {
  root = join(folder, `${count++}`)
})

const key = 'group/name'
const bytes = new Uint8Array([1, 2, 3])

function open(options: { durability?: 'disk' | 'os'; create?: boolean } = {}): Promise<LocalBackend> {
  return LocalBackend.open({ root, durability: 'os', ...options })
}

describe('LocalBackend.open', () => {
  it('makes the root and the folders above it', async () => {
    root = join(root, 'deep', 'deeper')
    await using backend = await open({ durability: 'disk' })
    assert.deepEqual(readdirSync(root).sort(), ['blobs', 'tmp'])
    assert.equal(backend.info.location, root)
  })

  it('with create: false refuses a root without storage, and makes nothing', async () => {
    await assert.rejects(open({ create: false }), { code: 'NotFound' })
    assert.equal(existsSync(root), false)
    mkdirSync(root)
    await assert.rejects(open({ create: false }), { code: 'NotFound' })
    assert.deepEqual(readdirSync(root), [])
  })

  it('refuses a root below a file, with create or without', async () => {
    writeFileSync(root, 'a file')
    root = join(root, 'below', 'deeper')
    for (const create of [true, false]) {
      await assert.rejects(open({ create }), { code: 'NotADirectory', message: /a file stands above it/ })
    }
  })

  it('with create: false opens what is there, also if the empty tmp folder got lost', async () => {
    await (await open()).close()
    rmSync(join(root, 'tmp'), { recursive: true })
    await using backend = await open({ create: false })
    const staged = await backend.stage(bytes, { size: 3 })
    await staged.publish(key)
    assert.deepEqual(await backend.get(key), bytes)
  })

  it('refuses a root that is a symbolic link, a file, or that every user may write to', async () => {
    const real = `${root}-real`
    mkdirSync(real)
    symlinkSync(real, root)
    await assert.rejects(open(), { code: 'InvalidConfig', message: /is a symbolic link; name the folder itself/ })
    assert.deepEqual(readdirSync(real), [])
    rmSync(root)
    writeFileSync(root, '')
    await assert.rejects(open(), { code: 'NotADirectory' })
    await assert.rejects(open({ create: false }), { code: 'NotADirectory' })
    rmSync(root)
    mkdirSync(root)
    chmodSync(root, 0o777)
    await assert.rejects(open(), { code: 'PermissionDenied', message: /chmod o-w/ })
    chmodSync(root, 0o1777)
    await assert.rejects(open(), { code: 'PermissionDenied' })
  })

  it.each(['blobs', 'tmp'])('refuses a root whose %s folder is a link or open to every user', async (name) => {
    await (await open()).close()
    chmodSync(join(root, name), 0o707)
    await assert.rejects(open(), { code: 'PermissionDenied' })
    const elsewhere = `${root}-elsewhere`
    renameSync(join(root, name), elsewhere)
    chmodSync(elsewhere, 0o700)
    symlinkSync(elsewhere, join(root, name))
    await assert.rejects(open(), { code: 'InvalidConfig' })
  })

  it('accepts a link above the root, and works on the real path', async () => {
    mkdirSync(`${root}-real`)
    symlinkSync(`${root}-real`, root)
    await using backend = await LocalBackend.open({ root: join(root, 'data'), durability: 'os' })
    await backend.put(key, bytes, { size: 3 })
    assert.deepEqual(await backend.get(key), bytes)
    assert.equal(backend.info.location, `${root}-real/data`)
  })

  it('refuses what is no path', async () => {
    await assert.rejects(LocalBackend.open({ root: '' }), { code: 'InvalidArgument' })
    await assert.rejects(LocalBackend.open({ root: 'a\0b' }), { code: 'InvalidArgument' })
  })
})
