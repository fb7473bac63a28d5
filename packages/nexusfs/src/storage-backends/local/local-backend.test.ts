import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { LocalBackend } from './local-backend.ts'
import { temporaryNamePattern } from './temporary-name.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let root: string
let count = 0
beforeEach(() => {
  root = join(folder, `${count++}`)
})

const store = 'ab'.repeat(16)
const digest = '5f'.repeat(32)
/** Not of a digest, so that its put does not make 256 folders. */
const key = `${store}/x-name/process/nonce`
const bytes = new Uint8Array([1, 2, 3])

function open(options: { durability?: 'disk' | 'os'; create?: boolean } = {}): Promise<LocalBackend> {
  return LocalBackend.open({ root, durability: 'os', ...options })
}

function filesBelow(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
}

const mode = (path: string): number => statSync(path).mode & 0o777

describe('the layout of LocalBackend', () => {
  it('a blob is one file, in the group of its first segment and the shard of its second', async () => {
    await using backend = await open()
    await backend.put(key, bytes, { size: 3 })
    assert.deepEqual(filesBelow(root), [join(root, 'blobs', store, 'x-', 'x-name,process,nonce')])
    assert.deepEqual(new Uint8Array(readFileSync(filesBelow(root)[0] ?? '')), bytes)
  })

  it('a key of one segment has a group that no other key can have', async () => {
    await using backend = await open()
    await backend.put('single', bytes, { size: 3 })
    assert.deepEqual(filesBelow(root), [join(root, 'blobs', ',singles', 'si', 'single')])
  })

  it('the shards of digests are all made at the first put, those of other keys as they come', async () => {
    await using backend = await open()
    await backend.put('other/xyz', bytes, { size: 3 })
    assert.deepEqual(readdirSync(join(root, 'blobs', 'other')), ['xy'])
    await backend.put(`${store}/${digest}`, bytes, { size: 3 })
    const shards = readdirSync(join(root, 'blobs', store)).sort()
    assert.equal(shards.length, 256)
    assert.deepEqual([shards[0], shards[255]], ['00', 'ff'])
  })

  it('folders have mode 0700 and files 0600', async () => {
    await using backend = await open()
    await backend.put(key, bytes, { size: 3 })
    const staged = await backend.stage(bytes, { size: 3 })
    for (const path of [root, join(root, 'blobs'), join(root, 'tmp'), join(root, 'blobs', store, 'x-')]) {
      assert.equal(mode(path), 0o700, path)
    }
    const files = filesBelow(root)
    assert.equal(files.length, 2)
    for (const path of files) assert.equal(mode(path), 0o600, path)
    await staged.discard()
  })

  it('a temporary file says which process writes it', async () => {
    await using backend = await open()
    const staged = await backend.stage(bytes, { size: 3 })
    const [name = ''] = readdirSync(join(root, 'tmp'))
    const parts = temporaryNamePattern.exec(name)?.groups
    assert.equal(parts?.pid, `${process.pid}`)
    if (existsSync('/proc/self/stat')) assert.notEqual(parts?.start, '0')
    await staged.discard()
    assert.deepEqual(readdirSync(join(root, 'tmp')), [])
  })

  it('list passes over files that no put made', async () => {
    await using backend = await open()
    await backend.put(key, bytes, { size: 3 })
    const shard = join(root, 'blobs', store, 'x-')
    writeFileSync(join(shard, '.tmp-left'), '')
    writeFileSync(join(shard, '60,wrong-shard'), '')
    writeFileSync(join(shard, 'x- UPPER'), '')
    symlinkSync('/etc/hosts', join(shard, 'x-,link'))
    mkdirSync(join(shard, 'x-,folder'))
    writeFileSync(join(root, 'blobs', 'a file'), '')
    symlinkSync(shard, join(root, 'blobs', store, 'zz'))
    assert.deepEqual(await backend.list(), { blobs: [{ key, size: 3 }] })
  })
})

describe('LocalBackend when folders disappear', () => {
  it('a put makes a removed shard again', async () => {
    await using backend = await open({ durability: 'disk' })
    await backend.put(key, bytes, { size: 3 })
    rmSync(join(root, 'blobs', store), { recursive: true })
    await assert.rejects(backend.get(key), { code: 'NotFound' })
    await backend.put(key, bytes, { size: 3 })
    assert.deepEqual(await backend.get(key), bytes)
    rmSync(join(root, 'blobs', store), { recursive: true })
    const staged = await backend.stage(bytes, { size: 3 })
    await staged.publish(key)
    assert.deepEqual(await backend.get(key), bytes)
  })

  it('stage makes a removed tmp folder again', async () => {
    await using backend = await open()
    rmSync(join(root, 'tmp'), { recursive: true })
    const staged = await backend.stage(bytes, { size: 3 })
    await staged.publish(key)
    assert.deepEqual(await backend.get(key), bytes)
  })

  it('a root that is gone is Unavailable, not an empty storage', async () => {
    await using backend = await open()
    await backend.put(key, bytes, { size: 3 })
    renameSync(root, `${root}-unmounted`)
    await assert.rejects(backend.get(key), { code: 'Unavailable' })
    await assert.rejects(backend.stat([key]), { code: 'Unavailable' })
    await assert.rejects(backend.list(), { code: 'Unavailable' })
    await assert.rejects(backend.delete([key]), { code: 'Unavailable' })
    await assert.rejects(backend.put(key, bytes, { size: 3 }), { code: 'Unavailable' })
    await assert.rejects(backend.stage(bytes, { size: 3 }), { code: 'Unavailable' })
    assert.equal(existsSync(root), false)
    renameSync(`${root}-unmounted`, root)
    assert.deepEqual(await backend.get(key), bytes)
  })
})

describe('the end of LocalBackend', () => {
  it('close drops what was staged and cuts streams that nobody reads from', async () => {
    const backend = await open()
    await backend.put(key, new Uint8Array(3_000_000), { size: 3_000_000 })
    const staged = await backend.stage(bytes, { size: 3 })
    const stream = backend.stream(key)
    await stream.next()
    await backend.close()
    assert.deepEqual(readdirSync(join(root, 'tmp')), [])
    await assert.rejects(staged.publish(`${key}2`), { code: 'Closed' })
    await staged.discard()
    await assert.rejects(stream.next(), { code: 'Closed' })
    if (existsSync('/proc/self/fd')) assert.deepEqual(openFilesBelow(root), [])
  })

  it('a body is published or discarded once', async () => {
    await using backend = await open()
    const staged = await backend.stage(bytes, { size: 3 })
    await staged.publish(key)
    await assert.rejects(staged.publish(`${key}2`), { code: 'InvalidArgument' })
    await staged.discard()
    assert.deepEqual(await backend.get(key), bytes)
  })

  it('a publish that is cancelled or has a bad key leaves no file', async () => {
    await using backend = await open()
    const first = await backend.stage(bytes, { size: 3 })
    await assert.rejects(first.publish(key, { signal: AbortSignal.abort() }), { code: 'Aborted' })
    const second = await backend.stage(bytes, { size: 3 })
    await assert.rejects(second.publish('../../etc'), { code: 'InvalidArgument' })
    assert.deepEqual(filesBelow(root), [])
  })
})

describe('many files at once', () => {
  it('more streams than may be open are read side by side', async () => {
    await using backend = await open()
    const size = 1_100_000
    await backend.put(key, new Uint8Array(size).fill(9), { size })
    const streams = Array.from({ length: 100 }, () => backend.stream(key))
    const firsts = await Promise.all(streams.map((stream) => stream.next()))
    const seconds = await Promise.all(streams.map((stream) => stream.next()))
    for (const [index, first] of firsts.entries()) {
      assert.equal((first.value?.length ?? 0) + (seconds[index]?.value?.length ?? 0), size)
    }
    // Files that are opened anew for each piece are closed behind the reader's back.
    while (openFilesBelow(root).length > 32) await delay(5)
    await Promise.all(streams.map((stream) => stream.next()))
  })

  it('a hundred puts can each wait for a stream', async () => {
    await using backend = await open()
    const size = 1_100_000
    await backend.put(key, new Uint8Array(size).fill(9), { size })
    const copies = Array.from({ length: 100 }, (_, index) => `${key}-${index}`)
    await Promise.all(copies.map((copy) => backend.put(copy, backend.stream(key), { size })))
    assert.deepEqual(new Set((await backend.stat(copies)).map((found) => found?.size)), new Set([size]))
    assert.equal((await backend.list()).blobs.length, 101)
  })
})

/** The paths below the root that this process has open; none where the system does not say. */
function openFilesBelow(path: string): string[] {
  if (!existsSync('/proc/self/fd')) return []
  return readdirSync('/proc/self/fd')
    .map(targetOf)
    .filter((target) => target.startsWith(`${path}/`))
}

/** What a descriptor is open on; '' if it was closed meanwhile. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}
