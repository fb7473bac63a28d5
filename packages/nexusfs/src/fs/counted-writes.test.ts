// Guards: fs/commit/*.ts, fs/operations/*.ts

import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'vitest'
import { CallMeter, MeteredBackend } from '../testing/call-meter.ts'
import type { NexusFS } from './nexus-fs.ts'
import { all, fresh, RecordingStore, type StoreFixture, storeFixtures, witnessLeft } from './store.test-fixture.ts'

/** Kinds of rows: `d` head, `v` old version, `h` ended binding, `c` content, `r` reference, `z` detached tree, `l` log. */
for (const [combination, makeFixture] of Object.entries(storeFixtures)) {
  describe(`rows that an operation writes, on ${combination}`, () => {
    let fixture: StoreFixture
    let rows: RecordingStore
    let fs: NexusFS

    const open = async (options: Parameters<StoreFixture['open']>[0] = {}): Promise<NexusFS> => {
      fixture = await makeFixture()
      fs = await fixture.open({
        ...options,
        overMetadata: (store) => {
          rows = new RecordingStore(store)
          return rows
        },
      })
      return fs
    }
    /** The rows that the work wrote, in how many commits. */
    const written = async (work: () => Promise<unknown>): Promise<string> => {
      rows.forget()
      await work()
      return `${rows.commits.length}: ${rows.written}`
    }
    afterEach(() => fixture[Symbol.asyncDispose]())

    it('a new file with new content writes 4: head, content, reference, log', async () => {
      await open()
      assert.equal(await written(() => fs.write('/a', fresh(1000))), '1: c d l r')
    })

    it('a new file with a blob writes the same 4, once the process has its lease', async () => {
      await open({ inlineBytes: 0 })
      assert.equal(await written(() => fs.write('/a', fresh(1000))), '2: b c d l p r')
      assert.equal(await written(() => fs.write('/b', fresh(1000))), '1: c d l r')
    })

    it('a new file with known content writes 3: head, reference, log', async () => {
      await open()
      const known = fresh(1000)
      await fs.write('/a', known)
      assert.equal(await written(() => fs.write('/b', known)), '1: d l r')
    })

    it('a new file of 128 bytes, and of none, writes 2: head, log', async () => {
      await open()
      assert.equal(await written(() => fs.write('/a', fresh(128))), '1: d l')
      assert.equal(await written(() => fs.write('/b', '')), '1: d l')
      assert.equal(await written(() => fs.write('/c', fresh(129))), '1: c d l r')
    })

    it('an overwrite writes 1 more: the version before', async () => {
      await open()
      const known = fresh(1000)
      await fs.write('/a', known)
      assert.equal(await written(() => fs.write('/a', fresh(1000))), '1: c d l r v')
      assert.equal(await written(() => fs.write('/a', known)), '1: d l r v')
      assert.equal(await written(() => fs.write('/a', 'tiny')), '1: d l v')
    })

    it('append and edit write what an overwrite does', async () => {
      await open()
      await fs.write('/a', fresh(1000))
      assert.equal(await written(() => fs.append('/a', fresh(10))), '1: c d l r v')
      assert.equal(await written(() => fs.edit('/a', () => fresh(1000))), '1: c d l r v')
    })

    it('a rollback writes 4, of tiny content 3, and no content', async () => {
      await open()
      await fs.write('/a', fresh(1000))
      await fs.write('/a', 'tiny')
      assert.equal(await written(() => fs.rollback('/a', 1)), '1: d l r v')
      assert.equal(await written(() => fs.rollback('/a', 2)), '1: d l v')
    })

    it('a copy writes 3, of tiny content 2', async () => {
      await open()
      await fs.write('/a', fresh(1000))
      await fs.write('/tiny', 'tiny')
      assert.equal(await written(() => fs.copy('/a', '/b')), '1: d l r')
      assert.equal(await written(() => fs.copy('/tiny', '/c')), '1: d l')
    })

    it('mkdir writes 2, and 1 more for each missing parent', async () => {
      await open()
      assert.equal(await written(() => fs.mkdir('/a')), '1: d l')
      assert.equal(await written(() => fs.mkdir('/b/c/d', { recursive: true })), '1: d d d l')
      assert.equal(await written(() => fs.mkdir('/b/c/d', { recursive: true })), '0: ')
    })

    it('a link writes 2, with another target 3; chmod and utimes write 4, of tiny content and of a directory 3', async () => {
      await open()
      await fs.write('/a', fresh(1000))
      await fs.write('/tiny', 'tiny')
      await fs.mkdir('/d')
      assert.equal(await written(() => fs.symlink('a', '/link')), '1: d l')
      assert.equal(await written(() => fs.symlink('tiny', '/link', { overwrite: true })), '1: d l v')
      assert.equal(await written(() => fs.chmod('/a', 0o600)), '1: d l r v')
      assert.equal(await written(() => fs.utimes('/a')), '1: d l r v')
      assert.equal(await written(() => fs.chmod('/link', 0o600)), '1: d l v')
      assert.equal(await written(() => fs.chmod('/d', 0o700)), '1: d h l')
      assert.equal(await written(() => fs.utimes('/d')), '1: d h l')
      assert.equal(await written(() => fs.remove('/link')), '1: d h l')
    })

    it('a move of a file or of a tree of any size writes 4, and 1 more if it replaces a file', async () => {
      await open()
      await fs.write('/file', 'x')
      await fs.write('/other', 'y')
      for (let n = 0; n < 20; n++) await fs.write(`/tree/${n % 3}/${n}`, 'x')
      assert.equal(await written(() => fs.move('/file', '/moved')), '1: d d h l')
      assert.equal(await written(() => fs.move('/tree', '/moved-tree')), '1: d d h l')
      assert.equal(await written(() => fs.move('/moved', '/other', { overwrite: true })), '1: d d h h l')
    })

    it('remove of a file, and rmdir, write 3: head, ended binding, log', async () => {
      await open()
      await fs.write('/a', fresh(1000))
      await fs.mkdir('/d')
      assert.equal(await written(() => fs.remove('/a')), '1: d h l')
      assert.equal(await written(() => fs.rmdir('/d')), '1: d h l')
      assert.equal(await written(() => fs.remove('/a', { force: true })), '0: ')
    })

    it('remove of a tree of any size writes 4, and restoring it 3', async () => {
      await open()
      for (const files of [1, 30]) {
        for (let n = 0; n < files; n++) await fs.write(`/tree/${n % 3}/${n}`, 'x')
        assert.equal(await written(() => fs.remove('/tree', { recursive: true })), '1: d h l z')
        assert.equal(await written(() => fs.restore('/tree')), '1: d l z')
      }
    })

    it('restoring a file writes 3: head, its ended binding, log', async () => {
      await open()
      await fs.write('/a', fresh(1000))
      await fs.remove('/a')
      assert.equal(await written(() => fs.restore('/a')), '1: d h l')
    })

    it('a batch of 100 files is one commit with one log row', async () => {
      await open()
      const files = Array.from({ length: 100 }, (_, n) => ({ path: `/batch/${n}`, content: fresh(200) }))
      const expected = ['c '.repeat(100), 'd '.repeat(101), 'l ', 'r '.repeat(100)].join('').trim()
      assert.equal(await written(() => fs.writeBatch(files)), `1: ${expected}`)
    })

    it('a second has at most one mark, and it has one', async () => {
      await open()
      rows.forget()
      const before = Date.now()
      for (let n = 0; n < 20; n++) await fs.write('/a', String(n))
      const marks = rows.commits.flatMap(({ writes }) => writes.filter(({ key }) => key.group[0] === 't'.charCodeAt(0)))
      const seconds = Math.floor(Date.now() / 1000) - Math.floor(before / 1000) + 1
      assert.ok(marks.length >= 1 && marks.length <= seconds, `${marks.length} marks in ${seconds} s`)
    })

    it("the row of a directory is the same after its children's changes", async () => {
      await open()
      await fs.mkdir('/d/e', { recursive: true })
      const rowOf = async (): Promise<unknown> => {
        const key = rows.reads.flatMap(({ get }) => get ?? []).find(({ item }) => Buffer.from(item).toString() === 'd')
        return (await rows.read({ get: key === undefined ? [] : [key] })).get[0]
      }
      await fs.stat('/d/e')
      const before = await rowOf()
      assert.notEqual(before, undefined)
      await fs.write('/d/a', 'x')
      await fs.write('/d/a', 'y')
      await fs.move('/d/a', '/d/b')
      await fs.remove('/d/b')
      await fs.rmdir('/d/e')
      assert.deepEqual(await rowOf(), before)
    })

    it('the row of popular content is expected, and not written', async () => {
      await open()
      const popular = fresh(5000)
      await fs.write('/first', popular)
      rows.forget()
      for (let n = 0; n < 10; n++) await fs.write(`/again/${n}`, popular)
      assert.ok(!rows.written.includes('c'), rows.written)
      const isContent = (expect: { kind: string; key?: { group: Uint8Array } }): boolean =>
        expect.kind === 'at' && expect.key?.group[0] === 'c'.charCodeAt(0)
      assert.ok(rows.commits.every(({ expect }) => expect.some((each) => 'key' in each && isContent(each))))
    })
  })

  describe(`round trips of an operation, warm, on ${combination}`, () => {
    /** Reads and commits of the metadata store, and calls of the storage backend. */
    const trips = async (work: (fs: NexusFS) => Promise<unknown>, inlineBytes?: number): Promise<string> => {
      await using fixture = await makeFixture()
      let rows: RecordingStore | undefined
      const meter = new CallMeter()
      const fs = await fixture.open({
        inlineBytes,
        cacheBytes: 0,
        overMetadata: (store) => {
          rows = new RecordingStore(store)
          return rows
        },
        overStorage: (backend) => new MeteredBackend(backend, meter),
      })
      await fs.write('/d/e/file', fresh(1000))
      await fs.write('/d/f/other', fresh(1000))
      for (const path of ['/d/e/file', '/d/f/other']) await fs.stat(path)
      await witnessLeft(fixture)
      rows?.forget()
      meter.reset()
      await work(fs)
      return `${rows?.reads.length} reads, ${rows?.commits.length} commits, ${meter.report().calls} of storage`
    }

    it('exists, stat, and a page of a list: 1 read', async () => {
      assert.equal(await trips((fs) => fs.exists('/d/e/file')), '1 reads, 0 commits, 0 of storage')
      assert.equal(await trips((fs) => fs.exists('/d/e/nope')), '1 reads, 0 commits, 0 of storage')
      assert.equal(await trips((fs) => fs.stat('/d/e/file')), '1 reads, 0 commits, 0 of storage')
      assert.equal(await trips((fs) => all(fs.list('/d/e'))), '1 reads, 0 commits, 0 of storage')
    })

    it('read: 1 read, and 1 for the content that is in no cache', async () => {
      assert.equal(await trips((fs) => fs.read('/d/e/file')), '2 reads, 0 commits, 0 of storage')
      assert.equal(await trips((fs) => fs.read('/d/e/file'), 0), '2 reads, 0 commits, 1 of storage')
    })

    it('write: 1 read and 1 commit, and 1 put where the content is a blob', async () => {
      assert.equal(await trips((fs) => fs.write('/d/e/file', fresh(1000))), '1 reads, 1 commits, 0 of storage')
      assert.equal(await trips((fs) => fs.write('/d/e/new', fresh(1000)), 0), '1 reads, 1 commits, 1 of storage')
    })

    it('a batch of 100 files: 1 read and 1 commit', async () => {
      const files = Array.from({ length: 100 }, (_, n) => ({ path: `/d/e/${n}`, content: fresh(200) }))
      assert.equal(await trips((fs) => fs.writeBatch(files)), '1 reads, 1 commits, 0 of storage')
    })

    it('move and remove: 1 read and 1 commit', async () => {
      assert.equal(await trips((fs) => fs.move('/d/e/file', '/d/f/file')), '1 reads, 1 commits, 0 of storage')
      assert.equal(await trips((fs) => fs.remove('/d', { recursive: true })), '1 reads, 1 commits, 0 of storage')
    })
  })
}

describe('content in the cache', () => {
  it('is read with 1 read of the metadata store', async () => {
    for (const makeFixture of Object.values(storeFixtures)) {
      await using fixture = await makeFixture()
      const stores: RecordingStore[] = []
      const fs = await fixture.open({
        overMetadata: (store) => {
          const rows = new RecordingStore(store)
          stores.push(rows)
          return rows
        },
      })
      const content = fresh(5000)
      await fs.write('/d/a', content)
      await fs.stat('/d/a')
      for (const rows of stores) rows.forget()
      assert.deepEqual(await fs.read('/d/a'), content)
      assert.deepEqual(
        stores.map(({ reads }) => reads.length),
        [1],
      )
    }
  })
})
