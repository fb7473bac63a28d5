// Guards: fs/model/take-options.ts, fs/operations/copy.ts, fs/operations/move.ts, fs/resolve/expect-path.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { BatchWrite, CommitOptions, ListOptions, RemoveOptions, WriteOptions } from './model/options.ts'
import { all, failure, memoryFixture } from './store.test-fixture.ts'

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] }

describe('options', () => {
  it('are those at the call, whatever the caller makes of the object afterwards', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const options: Changeable<CommitOptions> = {}
    const calls = ['ann', 'bob', 'eve'].map((author) => {
      options.author = author
      return fs.write(`/${author}`, author, options)
    })
    assert.deepEqual(
      (await Promise.all(calls)).map(({ path, author }) => `${path} by ${author}`),
      ['/ann by ann', '/bob by bob', '/eve by eve'],
    )
  })

  it('keep a precondition of that moment, also inside an object', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const { etag: stale } = await fs.write('/a', '1')
    const { etag: now } = await fs.write('/a', '2')
    const wanted: Changeable<RemoveOptions> = { ifMatch: stale }
    const removal = failure(() => fs.remove('/a', wanted))
    wanted.ifMatch = now
    assert.equal((await removal).code, 'Conflict')

    const version = { version: 1 }
    const write = failure(() => fs.write('/a', '3', { ifMatch: version }))
    version.version = 2
    assert.equal((await write).code, 'Conflict')

    const flags: Changeable<RemoveOptions> = {}
    await fs.mkdir('/tree/x', { recursive: true })
    const careful = failure(() => fs.remove('/tree', flags))
    flags.recursive = true
    assert.equal((await careful).code, 'IsADirectory')
  })

  it('keep a date of that moment', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const modifiedAt = new Date(1_000_000)
    const options: WriteOptions = { modifiedAt }
    const writing = fs.write('/a', '1', options)
    modifiedAt.setTime(0)
    assert.equal((await writing).modifiedAt.getTime(), 1_000_000)
  })

  it('of the writes in a batch, and the list of them, are those at the call', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/a', '1')
    const write: Changeable<BatchWrite> = { path: '/a', content: '2', ifMatch: { version: 7 } }
    const writes = [write]
    const batch = failure(() => fs.writeBatch(writes))
    write.ifMatch = undefined
    assert.equal((await batch).code, 'Conflict')
    const second = fs.writeBatch(writes)
    write.path = '/b'
    writes.push({ path: '/c', content: 'x' })
    assert.deepEqual(
      (await second).map(({ path }) => path),
      ['/a'],
    )
  })

  it('of a listing are those at the call, not at the first page', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.writeBatch(['a', 'b', 'c'].map((name) => ({ path: `/${name}`, content: name })))
    const options: Changeable<ListOptions> = { pageSize: 2 }
    const entries = fs.list('/', options)
    options.pageSize = -1
    assert.equal((await all(entries)).length, 3)
  })
})

describe('preconditions of a move and of a copy', () => {
  it('are of the destination: ifMatch names the file to replace', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (const call of ['move', 'copy'] as const) {
      const { etag: stale } = await fs.write('/to', '1')
      const { etag, version } = await fs.write('/to', '2')
      await fs.write('/from', call)
      for (const ifMatch of [stale, { version: version - 1 }, { version: version + 1 }]) {
        assert.equal((await failure(() => fs[call]('/from', '/to', { ifMatch, overwrite: true }))).code, 'Conflict')
        assert.equal((await failure(() => fs[call]('/from', '/absent', { ifMatch }))).code, 'Conflict')
      }
      assert.equal((await failure(() => fs[call]('/from', '/to', { ifMatch: etag, overwrite: false }))).code, 'AlreadyExists')
      assert.equal(await fs.readText('/to'), '2')
      await fs[call]('/from', '/to', { ifMatch: etag })
      assert.equal(await fs.readText('/to'), call)
      await fs.remove('/to')
    }
  })

  it('ifNoneMatch keeps both from replacing anything, also with overwrite', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/from', 'x')
    await fs.write('/to', 'y')
    await fs.mkdir('/directory')
    for (const call of ['move', 'copy'] as const) {
      for (const to of ['/to', '/directory', '/from']) {
        const error = await failure(() => fs[call]('/from', to, { ifNoneMatch: '*', overwrite: true }))
        assert.equal(error.code, 'AlreadyExists', `${call} ${to}`)
      }
    }
    await fs.copy('/from', '/new', { ifNoneMatch: '*' })
    await fs.move('/from', '/newer', { ifNoneMatch: '*' })
    assert.deepEqual(
      (await all(fs.list('/'))).map(({ name }) => name),
      ['directory', 'new', 'newer', 'to'],
    )
  })

  it('are exact: of many moves to one name with ifNoneMatch, one comes', async () => {
    await using fixture = await memoryFixture()
    const [one, other] = [await fixture.open(), await fixture.open()]
    const names = Array.from({ length: 20 }, (_, n) => `/${n}`)
    await one.writeBatch(names.map((path) => ({ path, content: path })))
    const moves = names.map((path, n) => (n % 2 === 0 ? one : other).move(path, '/lock', { ifNoneMatch: '*' }))
    const results = await Promise.allSettled(moves)
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await all(one.list('/'))).length, 20)
  })
})
