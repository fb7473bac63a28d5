import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { digestOf } from '../core/digest.ts'
import type { NexusFS } from '../fs/nexus-fs.ts'
import { all, failure, fresh, memoryFixture, orphans, type StoreFixture } from '../fs/store.test-fixture.ts'
import { contentGroup, contentKey } from '../metadata/keyspace.ts'
import type { Key, MetadataStore, Write } from '../metadata/metadata-store.ts'
import { FaultPlan } from '../testing/fault-plan.ts'
import { FaultyBackend } from '../testing/faulty-backend.ts'
import { InterceptedStore } from '../testing/intercepted-store.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { decodeContentRow, encodeContentRow } from './content-row.ts'

let place: StoreFixture
/** Called once, before the next commit that puts a head. */
let beforeCommit: (() => Promise<unknown>) | undefined

beforeEach(async () => {
  place = await memoryFixture()
  beforeCommit = undefined
})
afterEach(() => place[Symbol.asyncDispose]())

function open(options: Parameters<StoreFixture['open']>[0] = {}): Promise<NexusFS> {
  return place.open({ inlineBytes: 0, overMetadata: (store) => new MeddledStore(store), ...options })
}

class MeddledStore extends InterceptedStore {
  constructor(inner: MetadataStore) {
    super(inner, (call) => call.run())
  }

  override async commit(...[commits, options]: Parameters<MetadataStore['commit']>): ReturnType<MetadataStore['commit']> {
    const happens = beforeCommit
    if (happens !== undefined && commits.some(({ writes }) => writes.some(({ key }) => key.group[0] === 'd'.charCodeAt(0)))) {
      beforeCommit = undefined
      await happens()
    }
    return super.commit(commits, options)
  }
}

async function commit(...writes: readonly Write[]): Promise<void> {
  const store = await place.metadata()
  const [result] = await store.commit([{ expect: [], writes }])
  assert.equal(result?.status, 'committed')
}

/** Ends the leases of all processes, as a process does that takes them for dead. */
async function fenceAll(): Promise<void> {
  const store = await place.metadata()
  for (const group of ['p', 'b']) {
    const { scan } = await store.read({ scan: [{ group: Buffer.from(group), limit: 100 }] })
    for (const { key } of scan[0]?.entries ?? []) await commit({ kind: 'delete', key })
  }
}

async function blobs(): Promise<string[]> {
  return (await (await place.storage()).list()).blobs.map(({ key }) => key)
}

/** As a collection does that has found no version of the content. */
async function beginCollecting(key: Key): Promise<void> {
  const row = (await (await place.metadata()).read({ get: [key] })).get[0]
  assert.ok(row)
  await commit({ kind: 'put', key, value: encodeContentRow({ ...decodeContentRow(row), state: 'deleting' }) })
}

describe('content on its way in', () => {
  it('is uploaded again, under a new lease, if its process was taken for dead before the commit', async () => {
    for (const size of [3000, 524_288]) {
      const fs = await open()
      const content = fresh(size)
      beforeCommit = async () => {
        await fenceAll()
        const storage = await place.storage()
        await storage.delete(await blobs())
      }
      await fs.write(`/${size}`, content)
      assert.deepEqual(await (await place.open({ cacheBytes: 0 })).read(`/${size}`), content)
      assert.deepEqual(await orphans(place), [])
      const again = fresh(size)
      await fs.write('/next', again)
      assert.deepEqual(await fs.read('/next'), again)
    }
  })

  it('of which another writer was first is not kept twice, and nobody notices', async () => {
    for (const size of [3000, 524_288]) {
      const [fs, other] = [await open(), await place.open({ inlineBytes: 0 })]
      const content = fresh(size)
      beforeCommit = () => other.write(`/theirs/${size}`, content)
      assert.equal((await fs.write(`/ours/${size}`, content)).version, 1)
      await fs.close()
      assert.deepEqual(await orphans(place), [])
      assert.equal((await blobs()).length, size === 3000 ? 1 : 2)
      assert.deepEqual(await other.read(`/ours/${size}`), content)
    }
  })

  it('is stored once by many first writers at once', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => open()))
    const content = fresh(5000)
    await Promise.all(Array.from({ length: 40 }, (_, n) => clients[n % 4]?.write(`/${n}`, content)))
    for (const client of clients) await client.close()
    assert.equal((await blobs()).length, 1)
    const fs = await place.open({ cacheBytes: 0 })
    for (let n = 0; n < 40; n++) assert.deepEqual(await fs.read(`/${n}`), content)
  })

  it('takes the place of content that is being collected', async () => {
    const fs = await open()
    const content = fresh(3000)
    await fs.write('/a', content)
    await fs.remove('/a')
    const store = await place.metadata()
    const key = contentKey(digestOf(content))
    await beginCollecting(key)
    const [old] = await blobs()
    await fs.write('/b', content)
    const now = (await store.read({ get: [key] })).get[0]
    assert.ok(now)
    const { state, location } = decodeContentRow(now)
    assert.deepEqual([state, location.kind === 'blob' && location.key !== old], ['live', true])
    assert.deepEqual(await (await place.open({ cacheBytes: 0 })).read('/b'), content)
  })

  it('does not use what begins to be collected between the look and the commit', async () => {
    const fs = await open()
    const content = fresh(3000)
    await fs.write('/a', content)
    beforeCommit = async () => {
      await beginCollecting(contentKey(digestOf(content)))
      await (await place.storage()).delete(await blobs())
    }
    await fs.write('/b', content)
    assert.deepEqual(await (await place.open({ cacheBytes: 0 })).read('/b'), content)
  })

  it('is taken out of its collection by a copy and a rollback', async () => {
    for (const refer of [
      (fs: NexusFS) => fs.copy('/a', '/b', { version: 1, overwrite: true }),
      (fs: NexusFS) => fs.rollback('/a', 1),
    ]) {
      const fs = await open()
      const content = fresh(3000)
      await fs.write('/a', content)
      await fs.write('/a', 'another version')
      const key = contentKey(digestOf(content))
      await beginCollecting(key)
      await refer(fs)
      const now = (await (await place.metadata()).read({ get: [key] })).get[0]
      assert.ok(now)
      assert.equal(decodeContentRow(now).state, 'live')
      assert.deepEqual(await (await place.open({ cacheBytes: 0 })).read('/a', { version: 1 }), content)
      await fs.remove('/a')
    }
  })

  it('that a further attempt does without leaves no blob behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nexus-incoming-'))
    const content = fresh(3000)
    await writeFile(join(folder, 'file'), content)
    const [fs, other] = [await open(), await place.open({ inlineBytes: 0 })]
    beforeCommit = () => other.importTree(folder, '/in')
    assert.equal((await fs.importTree(folder, '/in')).unchanged, 1)
    await rm(folder, { recursive: true })
    await fs.close()
    assert.deepEqual(await orphans(place), [])
    assert.equal((await blobs()).length, 1)
  })

  it('of the same digest and another size is refused as a collision', async () => {
    const fs = await open()
    const content = fresh(3000)
    await fs.write('/a', content)
    const store = await place.metadata()
    const row = (await store.read({ scan: [{ group: contentGroup, limit: 1 }] })).scan[0]?.entries[0]
    assert.ok(row)
    await commit({ kind: 'put', key: row.key, value: encodeContentRow({ ...decodeContentRow(row), size: 2999 }) })
    const error = await failure(() => fs.write('/b', content))
    assert.deepEqual([error.code, error.context.reason], ['Corrupt', 'collision'])
    assert.equal(await fs.exists('/b'), false)
  })

  it('that looks familiar, and is not, is written as it is', async () => {
    const fs = await open()
    const content = fresh(524_288)
    await fs.write('/a', content)
    const twin = content.slice()
    twin[100_000] = (twin[100_000] ?? 0) ^ 1
    await fs.write('/b', twin)
    await fs.write('/c', content)
    const cold = await place.open({ cacheBytes: 0 })
    assert.deepEqual(await cold.read('/a'), content)
    assert.deepEqual(await cold.read('/b'), twin)
    assert.deepEqual(await cold.read('/c'), content)
    assert.equal((await blobs()).length, 2)
  })

  it('that is known is neither uploaded nor staged again', async () => {
    const plan = new FaultPlan(seededRandom(1))
    const fs = await open({ overStorage: (backend) => new FaultyBackend(backend, plan) })
    const [small, large] = [fresh(3000), fresh(524_288)]
    await fs.writeBatch([
      { path: '/small', content: small },
      { path: '/large', content: large },
    ])
    plan.add({ method: '*', mode: { kind: 'before' }, when: { nth: 1, repeats: true } })
    await fs.write('/small-again', small)
    await fs.write('/large-again', large)
    await fs.copy('/large', '/copy')
    assert.equal(plan.hits('before'), 0)
  })

  it('that is not needed after all leaves nothing staged', async () => {
    const fs = await open()
    const content = fresh(524_288)
    await fs.write('/a', 'x')
    for (const attempt of [
      () => fs.write('/a', content, { ifNoneMatch: '*' }),
      () => fs.write('/a', content, { ifMatch: { version: 7 } }),
      () => fs.write('/a/b', content),
      () =>
        fs.writeBatch([
          { path: '/new', content },
          { path: '/a', content: 'y', ifNoneMatch: '*' },
        ]),
    ]) {
      await failure(attempt)
    }
    await fs.close()
    assert.deepEqual(await blobs(), [])
    const { entries } = (await (await place.metadata()).read({ scan: [{ group: contentGroup, limit: 10 }] })).scan[0] ?? {
      entries: [],
    }
    assert.deepEqual(entries, [])
    assert.equal((await all((await place.open()).list('/'))).length, 1)
  })
})
