// Guards: fs/**/*.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { NexusFS } from 'nexusfs'
import { CallMeter, MeteredBackend, MeteredStore } from 'nexusfs/testing'
import { describe, it } from 'vitest'
import { type ServerFixture, serverFixture, sharedServer } from './server-fixtures.ts'
import { slowLine } from './slow-line.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]

/** An operation, and how often it may wait for the metadata store and for the storage backend. */
interface Counted {
  readonly name: string
  readonly metadata: number
  readonly storage: number
  run(fs: NexusFS, time: number): Promise<unknown>
}

const blob = (): Uint8Array => randomBytes(20_000)

/** Those that matter most; packages/nexusfs/src/fs/round-trips.test.ts has all, and runs on servers too. */
const operations: readonly Counted[] = [
  { name: 'exists', metadata: 1, storage: 0, run: (fs) => fs.exists('/a/b/c/file') },
  { name: 'exists, absent', metadata: 1, storage: 0, run: (fs) => fs.exists('/a/b/c/none') },
  { name: 'stat', metadata: 1, storage: 0, run: (fs) => fs.stat('/a/b/c/file') },
  { name: 'list, the first page', metadata: 1, storage: 0, run: (fs) => fs.list('/a/b/c').next() },
  { name: 'read of a tiny file', metadata: 1, storage: 0, run: (fs) => fs.read('/a/b/c/tiny') },
  { name: 'read, and the row of its content and its blob', metadata: 2, storage: 1, run: (fs) => fs.read('/a/b/c/blob') },
  { name: 'write of a new file', metadata: 2, storage: 0, run: (fs, time) => fs.write(`/a/b/c/new-${time}`, `new ${time}`) },
  { name: 'overwrite', metadata: 2, storage: 0, run: (fs, time) => fs.write('/a/b/c/file', `over ${time}`) },
  { name: 'write of a blob', metadata: 2, storage: 1, run: (fs, time) => fs.write(`/a/b/c/blob-${time}`, blob()) },
  { name: 'writeBatch of 100 files', metadata: 2, storage: 0, run: (fs, time) => fs.writeBatch(hundred(time)) },
  { name: 'append to a tiny file', metadata: 2, storage: 0, run: (fs, time) => fs.append('/a/b/c/log', `${time}`) },
  { name: 'edit of a tiny file', metadata: 2, storage: 0, run: (fs, time) => fs.edit('/a/b/c/file', () => `edit ${time}`) },
  { name: 'mkdir', metadata: 2, storage: 0, run: (fs, time) => fs.mkdir(`/a/made-${time}`) },
  { name: 'rmdir of what was just made', metadata: 2, storage: 0, run: (fs, time) => fs.rmdir(`/a/made-${time}`) },
  { name: 'write that makes its directory', metadata: 2, storage: 0, run: (fs, time) => fs.write(`/a/dir-${time}/one`, '1') },
  { name: 'write beside it', metadata: 2, storage: 0, run: (fs, time) => fs.write(`/a/dir-${time}/two`, '2') },
  { name: 'symlink', metadata: 2, storage: 0, run: (fs, time) => fs.symlink('c', `/a/b/link-${time}`) },
  { name: 'read through a link', metadata: 1, storage: 0, run: (fs) => fs.read('/a/to-c/tiny') },
  { name: 'chmod', metadata: 2, storage: 0, run: (fs, time) => fs.chmod('/a/b/c/file', 0o600 + time) },
  { name: 'utimes of a directory', metadata: 2, storage: 0, run: (fs) => fs.utimes('/a/b/c') },
  { name: 'move of a directory', metadata: 2, storage: 0, run: (fs, time) => fs.move(`/tree-${time}`, `/a/tree-${time}`) },
]

function hundred(time: number): { path: string; content: string }[] {
  return Array.from({ length: 100 }, (_, n) => ({ path: `/a/b/batch-${time}-${n}`, content: `${time} ${n}` }))
}

const times = 3

/** The tree that the operations need, with every directory known to the client. */
async function prepare(fs: NexusFS): Promise<void> {
  await fs.writeBatch([
    { path: '/a/b/c/file', content: 'file' },
    { path: '/a/b/c/tiny', content: 'tiny' },
    { path: '/a/b/c/log', content: '' },
  ])
  await fs.write('/a/b/c/blob', blob())
  for (let time = 0; time < times; time++) await fs.writeBatch([{ path: `/tree-${time}/below/file`, content: 'x' }])
  await fs.symlink('b/c', '/a/to-c')
  await fs.read('/a/to-c/tiny')
}

interface Metered {
  readonly fs: NexusFS
  readonly metadata: CallMeter
  readonly storage: CallMeter
}

async function openMetered(fixture: ServerFixture, through?: { readonly port: number }): Promise<Metered> {
  const [metadata, storage] = [new CallMeter(), new CallMeter()]
  const fs = await fixture.open({
    through,
    inlineBytes: 4096,
    cacheBytes: 0,
    overMetadata: (store) => new MeteredStore(store, metadata),
    overStorage: (backend) => new MeteredBackend(backend, storage),
  })
  return { fs, metadata, storage }
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`round trips on local-${kind}`, () => {
    it('are as many as promised, with warm hints', async () => {
      await using fixture = await serverFixture(kind, server?.url ?? '')
      const { fs, metadata, storage } = await openMetered(fixture)
      await prepare(fs)
      for (const operation of operations) {
        for (let time = 0; time < times; time++) {
          metadata.reset()
          storage.reset()
          await operation.run(fs, time)
          const counted = [metadata.report().roundTrips, metadata.report().calls, storage.report().roundTrips]
          assert.deepEqual(
            counted,
            [operation.metadata, operation.metadata, operation.storage],
            `${operation.name}, time ${time}`,
          )
        }
      }
    })

    it('are as many on the line: on a slow one, time is round trips', async () => {
      const roundTripMs = 80
      const { hostname, port } = new URL(server?.url ?? '')
      await using line = await slowLine({ host: hostname, port: Number(port) }, roundTripMs)
      await using fixture = await serverFixture(kind, server?.url ?? '')
      await prepare(await fixture.open())
      const { fs } = await openMetered(fixture, line)
      await fs.list('/a/b/c').next()
      await fs.write('/a/b/c/warm', blob())
      const shown: string[] = []
      for (const operation of operations) {
        const waited = (await fastest((time) => operation.run(fs, time))) / roundTripMs
        shown.push(`${operation.name} ${waited.toFixed(2)}`)
        assert.ok(
          waited > operation.metadata - 0.1 && waited < operation.metadata + 0.7,
          `${operation.name}: ${waited} round trips`,
        )
      }
      console.log(`${kind}, waiting in round trips: ${shown.join(', ')}`)
    })
  })
}

async function fastest(work: (time: number) => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let time = 0; time < times; time++) {
    const began = performance.now()
    await work(time)
    best = Math.min(best, performance.now() - began)
  }
  return best
}
