import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'vitest'
import { contentGroup } from '../../metadata/keyspace.ts'
import type { MetadataStore, ReadReply, ReadRequest, StoreCallOptions } from '../../metadata/metadata-store.ts'
import { InterceptedStore } from '../../testing/intercepted-store.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { fresh, memoryFixture, type StoreFixture } from '../store.test-fixture.ts'

let fixture: StoreFixture
afterEach(() => fixture[Symbol.asyncDispose]())

async function open(options: Parameters<StoreFixture['open']>[0] = {}): Promise<NexusFS> {
  fixture = await memoryFixture()
  return fixture.open(options)
}

/** What comes back in one read, at most. */
class Weighed extends InterceptedStore {
  heaviest = 0
  rows = 0
  contentRows = 0

  constructor(inner: MetadataStore) {
    super(inner, (call) => call.run())
  }

  override async read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    const reply = await super.read(request, options)
    const entries = reply.scan.flatMap((page) => page.entries)
    this.heaviest = Math.max(
      this.heaviest,
      entries.reduce((sum, { value }) => sum + value.length, 0),
    )
    this.rows = Math.max(this.rows, entries.length)
    this.contentRows += entries.filter(({ key }) => Buffer.compare(key.group, contentGroup) === 0).length
    return reply
  }
}

describe('usage', () => {
  it('counts files, directories, their versions and bytes', async () => {
    const fs = await open()
    await fs.write('/a/one', fresh(1000))
    await fs.write('/a/one', fresh(500))
    await fs.write('/a/b/two', 'tiny')
    await fs.mkdir('/empty')
    await fs.symlink('a', '/link')
    assert.deepEqual(await fs.usage('/'), {
      files: 2,
      directories: 3,
      links: 1,
      versions: 3,
      logicalBytes: 504,
      historyBytes: 1504,
      removedVersions: 0,
      removedBytes: 0,
      storedBytes: 1504,
      dedupRatio: 1,
    })
  })

  it('tells of a path what its files have, and of the root alone what is stored', async () => {
    const fs = await open()
    const content = fresh(1000)
    await fs.write('/a/one', content)
    await fs.write('/b/two', content)
    for (const path of ['/a', '/a/one']) {
      const { files, historyBytes, storedBytes, dedupRatio } = await fs.usage(path)
      assert.deepEqual(
        { files, historyBytes, storedBytes, dedupRatio },
        {
          files: 1,
          historyBytes: 1000,
          storedBytes: undefined,
          dedupRatio: undefined,
        },
      )
    }
    const { historyBytes, storedBytes, dedupRatio } = await fs.usage('/')
    assert.deepEqual({ historyBytes, storedBytes, dedupRatio }, { historyBytes: 2000, storedBytes: 1000, dedupRatio: 2 })
  })

  it('counts what was removed as long as it can be restored, once, where it was removed from', async () => {
    const fs = await open()
    const removed = async (path = '/'): Promise<[number, number]> => {
      const { removedVersions, removedBytes } = await fs.usage(path)
      return [removedVersions, removedBytes]
    }
    await fs.write('/tiny', 'a'.repeat(100))
    await fs.write('/small', fresh(1000))
    await fs.write('/small', fresh(2000))
    await fs.remove('/tiny')
    await fs.remove('/small')
    assert.deepEqual(await removed(), [3, 3100])
    const { versions, historyBytes, storedBytes, dedupRatio } = await fs.usage('/')
    assert.deepEqual(
      { versions, historyBytes, storedBytes, dedupRatio },
      {
        versions: 0,
        historyBytes: 0,
        storedBytes: 3100,
        dedupRatio: 1,
      },
    )
    await fs.restore('/small')
    assert.deepEqual(await removed(), [1, 100])
    await fs.remove('/small')
    assert.deepEqual(await removed(), [3, 3100])
  })

  it('counts a removed tree with all below it, until it is restored, and what was replaced, but not what was moved', async () => {
    const fs = await open()
    await fs.write('/d/e/f', fresh(1000))
    await fs.write('/d/e/f', fresh(500))
    await fs.write('/d/gone', fresh(300))
    await fs.remove('/d/gone')
    await fs.write('/other', fresh(200))
    await fs.remove('/d', { recursive: true })
    assert.equal((await fs.usage('/')).removedBytes, 1800)
    assert.equal((await fs.usage('/')).files, 1)
    await fs.restore('/d', { to: '/elsewhere/d' })
    assert.equal((await fs.usage('/')).removedBytes, 300)
    await fs.remove('/elsewhere/d', { recursive: true })
    assert.equal((await fs.usage('/')).removedBytes, 1800)
    assert.equal((await fs.usage('/elsewhere')).removedBytes, 1800)
    await fs.restore('/elsewhere/d')
    await fs.move('/elsewhere/d/e/f', '/other', { overwrite: true })
    const { removedVersions, removedBytes, historyBytes } = await fs.usage('/')
    assert.deepEqual(
      { removedVersions, removedBytes, historyBytes },
      {
        removedVersions: 2,
        removedBytes: 500,
        historyBytes: 1500,
      },
    )
  })

  it('says 1 of a store that holds nothing', async () => {
    const fs = await open()
    const { storedBytes, dedupRatio } = await fs.usage('/')
    assert.deepEqual({ storedBytes, dedupRatio }, { storedBytes: 0, dedupRatio: 1 })
  })

  it('takes rows in bounded reads, and looks at no content row for a path', async () => {
    let weighed: Weighed | undefined
    const fs = await open({
      inlineBytes: 128 * 1024,
      overMetadata: (store) => {
        weighed = new Weighed(store)
        return weighed
      },
    })
    assert.ok(weighed)
    for (let n = 0; n < 300; n += 50) {
      await fs.writeBatch(Array.from({ length: 50 }, (_, k) => ({ path: `/d/${n + k}`, content: fresh(100_000) })))
    }
    await fs.write('/small/one', fresh(500))
    for (let n = 0; n < 2200; n += 1100) {
      await fs.writeBatch(Array.from({ length: 1100 }, (_, k) => ({ path: `/many/${n + k}`, content: `${n + k}` })))
    }
    weighed.heaviest = 0
    weighed.rows = 0
    assert.equal((await fs.usage('/small')).historyBytes, 500)
    assert.deepEqual([weighed.contentRows, weighed.heaviest < 10_000], [0, true])
    const { files, storedBytes } = await fs.usage('/')
    assert.equal(files, 2501)
    assert.ok(storedBytes !== undefined && storedBytes > 30_000_000)
    assert.equal(weighed.contentRows, 301)
    assert.ok(weighed.heaviest <= 2 * 1024 * 1024, `${weighed.heaviest} bytes in one read`)
    assert.ok(weighed.rows <= 1000, `${weighed.rows} rows in one read`)
  })

  it('walks a deep tree and a wide one', async () => {
    const fs = await open()
    const deep = `/${Array.from({ length: 150 }, (_, n) => `d${n}`).join('/')}`
    await fs.write(`${deep}/file`, 'x')
    await fs.writeBatch(Array.from({ length: 500 }, (_, n) => ({ path: `/wide/${n}/file`, content: 'y' })))
    const { files, directories } = await fs.usage('/')
    assert.deepEqual({ files, directories }, { files: 501, directories: 150 + 501 })
  })
})
