import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, it } from 'vitest'
import { type FileCalls, nodeFileCalls } from './file-calls.ts'
import { FolderSync } from './folder-sync.ts'
import { LocalBackend } from './local-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-folder-sync-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Every fsync waits until the test ends it. */
class HeldSyncs {
  readonly begun: { end(): void; fail(): void }[] = []
  readonly calls: FileCalls = {
    ...nodeFileCalls,
    sync: () =>
      new Promise((resolve, reject) => {
        this.begun.push({ end: resolve, fail: () => reject(Object.assign(new Error('EIO'), { code: 'EIO' })) })
      }),
  }

  async reached(count: number): Promise<{ end(): void; fail(): void }> {
    for (let waited = 0; this.begun.length < count && waited < 2000; waited++) await delay(1)
    const sync = this.begun[count - 1]
    assert.ok(sync !== undefined, `fsync ${count} was never called`)
    return sync
  }
}

function watch(sync: Promise<void>): { state: string } {
  const watched = { state: 'waiting' }
  sync.then(
    () => {
      watched.state = 'done'
    },
    (error) => {
      watched.state = error.code
    },
  )
  return watched
}

/** Waits until none is waiting any more, a few seconds at most: closing a folder takes a thread of the pool. */
async function settled(watched: readonly { state: string }[]): Promise<void> {
  for (let waited = 0; watched.some(({ state }) => state === 'waiting') && waited < 2000; waited++) await delay(1)
}

describe('FolderSync', () => {
  it('who comes while an fsync runs waits for the next one, and all of them share it', async () => {
    const held = new HeldSyncs()
    const folderSync = new FolderSync(held.calls)
    const first = watch(folderSync.sync(folder))
    const running = await held.reached(1)
    const later = Array.from({ length: 10 }, () => watch(folderSync.sync(folder)))
    running.end()
    const next = await held.reached(2)
    await settled([first])
    assert.equal(first.state, 'done')
    assert.deepEqual(new Set(later.map(({ state }) => state)), new Set(['waiting']))
    next.end()
    await settled(later)
    assert.deepEqual(new Set(later.map(({ state }) => state)), new Set(['done']))
    assert.equal(held.begun.length, 2)
  })

  it('folders do not wait for each other', async () => {
    const held = new HeldSyncs()
    const folderSync = new FolderSync(held.calls)
    mkdirSync(join(folder, 'one'))
    mkdirSync(join(folder, 'two'))
    const one = watch(folderSync.sync(join(folder, 'one')))
    await held.reached(1)
    const two = watch(folderSync.sync(join(folder, 'two')))
    const second = await held.reached(2)
    second.end()
    await settled([two])
    assert.deepEqual([one.state, two.state], ['waiting', 'done'])
    held.begun[0]?.end()
  })

  it('a failed fsync fails those who wait for the next as well, and is over for those who come later', async () => {
    const held = new HeldSyncs()
    const folderSync = new FolderSync(held.calls)
    const first = watch(folderSync.sync(folder))
    const running = await held.reached(1)
    const waiting = watch(folderSync.sync(folder))
    running.fail()
    await settled([first, waiting])
    assert.deepEqual([first.state, waiting.state], ['EIO', 'EIO'])
    const later = watch(folderSync.sync(folder))
    const fresh = await held.reached(2)
    fresh.end()
    await settled([later])
    assert.equal(later.state, 'done')
  })
})

describe('the fsyncs of LocalBackend', () => {
  /** Which files were fsynced, by path. */
  async function opened(root: string): Promise<{ backend: LocalBackend; synced: string[] }> {
    const paths = new Map<number, string>()
    const synced: string[] = []
    const calls: FileCalls = {
      ...nodeFileCalls,
      open: async (path, flags, mode) => {
        const fd = await nodeFileCalls.open(path, flags, mode)
        paths.set(fd, path)
        return fd
      },
      sync: async (fd) => {
        synced.push(paths.get(fd) ?? '')
        await nodeFileCalls.sync(fd)
      },
    }
    return { backend: await LocalBackend.open({ root }, calls), synced }
  }

  it('twenty puts at once into one folder take fewer than twenty fsyncs of it', async () => {
    const { backend, synced } = await opened(join(folder, 'shared'))
    await backend.put('group/name', new Uint8Array(10), { size: 10 })
    synced.length = 0
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => backend.put(`group/name-${index}`, new Uint8Array(10), { size: 10 })),
    )
    await backend.close()
    const ofFolder = synced.filter((path) => path.endsWith('/na')).length
    assert.ok(ofFolder >= 1 && ofFolder < 20, `${ofFolder} fsyncs of the folder`)
    assert.equal(synced.length - ofFolder, 20)
  })

  it('the first put of a process makes the names of all folders above durable, though another process made them', async () => {
    const root = join(folder, 'above')
    const first = await opened(root)
    await first.backend.put(`ab/${'0'.repeat(64)}`, new Uint8Array(10), { size: 10 })
    await first.backend.close()
    const second = await opened(root)
    await second.backend.put(`ab/${'f'.repeat(64)}`, new Uint8Array(10), { size: 10 })
    await second.backend.close()
    const folders = second.synced.filter((path) => !path.includes('.tmp-')).sort()
    assert.deepEqual(
      folders,
      ['', '/blobs', '/blobs/ab', '/blobs/ab/ff'].map((path) => root + path),
    )
  })

  it('a put over a blob makes the new bytes durable before it replaces the old ones', async () => {
    const held = new HeldSyncs()
    let renamed = 0
    const calls: FileCalls = {
      ...held.calls,
      sync: nodeFileCalls.sync,
      rename: async (from, to) => {
        renamed += 1
        await nodeFileCalls.rename(from, to)
      },
    }
    const backend = await LocalBackend.open({ root: join(folder, 'over') }, calls)
    await backend.put('group/name', new Uint8Array(10), { size: 10 })
    Object.assign(calls, { sync: held.calls.sync })
    const second = backend.put('group/name', new Uint8Array(10), { size: 10 })
    const ofFile = await held.reached(1)
    await delay(20)
    assert.equal(renamed, 1)
    ofFile.end()
    const ofFolder = await held.reached(2)
    assert.equal(renamed, 2)
    ofFolder.end()
    await second
    await backend.close()
  })

  it('in class os nothing is fsynced', async () => {
    let count = 0
    const calls: FileCalls = {
      ...nodeFileCalls,
      sync: async () => {
        count += 1
      },
    }
    const backend = await LocalBackend.open({ root: join(folder, 'os'), durability: 'os' }, calls)
    await backend.put('group/name', new Uint8Array(10), { size: 10 })
    await (await backend.stage(new Uint8Array(10), { size: 10 })).publish('group/other')
    await backend.close()
    assert.equal(count, 0)
  })
})
