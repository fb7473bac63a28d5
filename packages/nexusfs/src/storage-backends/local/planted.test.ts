// Guards: storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { type FileCalls, nodeFileCalls } from './file-calls.ts'
import { LocalBackend } from './local-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-planted-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let root: string
let count = 0
beforeEach(() => {
  root = join(folder, `${count++}`)
})

const store = 'ab'.repeat(16)
const key = `${store}/x-name/process/nonce`
const bytes = new Uint8Array([1, 2, 3])

function open(): Promise<LocalBackend> {
  return LocalBackend.open({ root, durability: 'os' })
}

function filesBelow(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
}

describe('what somebody planted in the folders of LocalBackend', () => {
  it('a symbolic link as a blob is Corrupt, never followed, and a put or delete replaces the link itself', async () => {
    await using backend = await open()
    await backend.put(key, bytes, { size: 3 })
    const [path = ''] = filesBelow(root)
    const victim = `${root}-victim`
    writeFileSync(victim, 'secret')
    rmSync(path)
    symlinkSync(victim, path)
    await assert.rejects(backend.get(key), { code: 'Corrupt' })
    await assert.rejects(backend.get(key, { range: { start: 0, length: 1 } }), { code: 'Corrupt' })
    await assert.rejects(backend.stream(key).next(), { code: 'Corrupt' })
    await assert.rejects(backend.stat([key]), { code: 'Corrupt' })
    await backend.put(key, bytes, { size: 3 })
    assert.deepEqual(await backend.get(key), bytes)
    rmSync(path)
    symlinkSync(victim, path)
    await backend.delete([key])
    await assert.rejects(backend.get(key), { code: 'NotFound' })
    assert.equal(readFileSync(victim, 'utf8'), 'secret')
  })

  it('a symbolic link that stands there only while the blob is opened is not followed either', async () => {
    const path = join(root, 'blobs', 'group', 'na', 'name')
    const victim = `${root}-victim`
    writeFileSync(victim, 'secret')
    let opened: Promise<unknown> = Promise.resolve()
    const calls: FileCalls = {
      ...nodeFileCalls,
      open: (file, flags, mode) => {
        if (file !== path) return nodeFileCalls.open(file, flags, mode)
        renameSync(path, `${path}-real`)
        symlinkSync(victim, path)
        const opening = nodeFileCalls.open(file, flags, mode)
        opened = opening.catch(() => undefined).then(() => renameSync(`${path}-real`, path))
        return opening
      },
      look: async (file) => {
        await opened
        return nodeFileCalls.look(file)
      },
    }
    await using backend = await LocalBackend.open({ root, durability: 'os' }, calls)
    await backend.put('group/name', bytes, { size: 3 })
    await assert.rejects(backend.get('group/name'), { code: 'Corrupt' })
    await opened
    assert.equal(readFileSync(victim, 'utf8'), 'secret')
  })

  it('a pipe or a folder as a blob is Corrupt, and nobody waits for a writer', async () => {
    await using backend = await open()
    await backend.put(key, bytes, { size: 3 })
    const [path = ''] = filesBelow(root)
    rmSync(path)
    execFileSync('mkfifo', [path])
    await assert.rejects(backend.get(key), { code: 'Corrupt' })
    rmSync(path)
    mkdirSync(path)
    await assert.rejects(backend.get(key), { code: 'Corrupt' })
    await assert.rejects(backend.put(key, bytes, { size: 3 }), { code: 'Corrupt' })
    assert.deepEqual(readdirSync(dirname(path)), ['x-name,process,nonce'])
  })

  it.each([
    ['shard', 1],
    ['group', 2],
  ])('a symbolic link as a %s folder is refused by every call', async (_, levels) => {
    const first = await open()
    await first.put(key, bytes, { size: 3 })
    await first.close()
    const [path = ''] = filesBelow(root)
    const planted = levels === 1 ? dirname(path) : dirname(dirname(path))
    const elsewhere = `${root}-elsewhere`
    renameSync(planted, elsewhere)
    symlinkSync(elsewhere, planted)
    const before = filesBelow(elsewhere)
    await using backend = await open()
    const refusal = { code: 'PermissionDenied', message: /symbolic link/ }
    await assert.rejects(backend.get(key), refusal)
    await assert.rejects(backend.stream(key).next(), refusal)
    await assert.rejects(backend.stat([key]), refusal)
    await assert.rejects(backend.delete([key]), refusal)
    await assert.rejects(backend.put(`${key}2`, bytes, { size: 3 }), refusal)
    const staged = await backend.stage(bytes, { size: 3 })
    await assert.rejects(staged.publish(`${key}2`), refusal)
    assert.deepEqual(filesBelow(elsewhere), before)
    assert.deepEqual(await backend.list(), { blobs: [] })
    assert.deepEqual(readdirSync(join(root, 'tmp')), [])
  })

  it('a file where a folder should be is a typed error', async () => {
    await using backend = await open()
    writeFileSync(join(root, 'blobs', store), '')
    await assert.rejects(backend.get(key), { code: 'Corrupt' })
    await assert.rejects(backend.put(key, bytes, { size: 3 }), { code: 'Corrupt' })
    assert.deepEqual(await backend.list(), { blobs: [] })
  })
})
