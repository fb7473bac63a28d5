import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'vitest'
import { all, failure, memoryFixture, storeFixtures } from '../store.test-fixture.ts'
import type { OperationEvent } from './calls.ts'

for (const [combination, makeFixture] of Object.entries(storeFixtures)) {
  describe(`looking, on ${combination}`, () => {
    it('at the root is always possible', async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      assert.equal(await fs.exists('/'), true)
      const root = await fs.stat('/')
      assert.deepEqual([root?.kind, root?.path, root?.name], ['directory', '/', ''])
      assert.deepEqual(await all(fs.list('/')), [])
      assert.equal((await failure(() => fs.read('/'))).code, 'IsADirectory')
      assert.equal((await failure(() => fs.write('/', 'x'))).code, 'IsADirectory')
      assert.equal((await failure(() => fs.remove('/', { recursive: true }))).code, 'InvalidArgument')
      assert.equal((await failure(() => fs.mkdir('/'))).code, 'AlreadyExists')
      assert.equal((await fs.mkdir('/', { recursive: true })).path, '/')
      assert.equal((await failure(() => fs.move('/', '/x'))).code, 'InvalidArgument')
    })

    it('lists a large directory in byte order, whatever the page', async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      const names = [
        ...Array.from({ length: 1200 }, (_, n) => `n${n}`),
        ...['\uffff', '😀', 'é', 'e\u0301', 'Z', 'z', ' ', '~', 'n', 'a'.repeat(255), '\u0001'],
      ]
      await fs.writeBatch(names.map((name) => ({ path: `/d/${name}`, content: '' })))
      const sorted = names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      for (const pageSize of [undefined, 7, 1000, names.length, 10_000]) {
        const listed = (await all(fs.list('/d', { pageSize }))).map(({ name }) => name)
        assert.deepEqual(listed, sorted, String(pageSize))
      }
    })

    it('lists many versions, newest first, whatever the page', async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      for (let n = 1; n <= 30; n++) await fs.write('/a', `version ${n}`, { author: `author ${n}`, reason: `reason ${n}` })
      for (const pageSize of [undefined, 1, 7, 29, 30, 31]) {
        const versions = await all(fs.versions('/a', { pageSize }))
        assert.deepEqual(
          versions.map(({ version, author, reason }) => [version, author, reason]),
          Array.from({ length: 30 }, (_, n) => [30 - n, `author ${30 - n}`, `reason ${30 - n}`]),
        )
        assert.equal(new Set(versions.map(({ etag }) => etag)).size, 30)
      }
    })

    it('begins a file anew after its removal: version 1, another etag, another history', async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      const first = await fs.write('/a', 'x')
      await fs.write('/a', 'y')
      await fs.remove('/a')
      const again = await fs.write('/a', 'x')
      assert.equal(again.version, 1)
      assert.notEqual(again.etag, first.etag)
      assert.equal((await all(fs.versions('/a'))).length, 1)
      assert.equal((await failure(() => fs.write('/a', 'z', { ifMatch: first.etag }))).code, 'Conflict')
    })

    it('writes a new version for equal bytes', async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      const [one, two] = [await fs.write('/a', 'same'), await fs.write('/a', 'same')]
      assert.deepEqual([one.version, two.version, one.digest === two.digest], [1, 2, true])
      assert.notEqual(one.etag, two.etag)
    })
  })
}

describe('a walk while the tree changes', () => {
  it('leaves out what vanishes, and goes on', async () => {
    for (const makeFixture of Object.values(storeFixtures)) {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      for (const name of ['a', 'b', 'c']) for (const file of ['1', '2']) await fs.write(`/${name}/${file}`, 'x')
      const seen: string[] = []
      for await (const { path } of fs.walk('/', { pageSize: 1 })) {
        seen.push(path)
        if (path === '/a/1') await fs.remove('/b', { recursive: true })
        if (path === '/c') {
          await fs.remove('/c', { recursive: true })
          await fs.write('/c', 'now a file')
        }
      }
      assert.deepEqual(seen, ['/a', '/a/1', '/a/2', '/c'])
    }
  })

  it('of a directory that is replaced by another ends with Conflict', async () => {
    for (const makeFixture of Object.values(storeFixtures)) {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      for (const n of [1, 2, 3]) await fs.write(`/d/${n}`, 'x')
      const error = await failure(async () => {
        for await (const { name } of fs.list('/d', { pageSize: 1 })) {
          if (name !== '1') continue
          await fs.move('/d', '/old')
          await fs.mkdir('/d')
        }
      })
      assert.equal(error.code, 'Conflict')
    }
  })

  it('that is left early holds nothing back', async () => {
    for (const makeFixture of Object.values(storeFixtures)) {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      for (let n = 0; n < 20; n++) await fs.write(`/d/${n}`, 'x')
      for await (const _ of fs.walk('/', { pageSize: 2 })) break
      for await (const _ of fs.list('/d', { pageSize: 2 })) break
      await fs.close()
    }
  })
})

describe('events', () => {
  it('tell of every call: operation, path, duration, code', async () => {
    await using fixture = await (storeFixtures['memory-memory'] ?? assert.fail)()
    const fs = await fixture.open()
    const events: OperationEvent[] = []
    const listener = (event: unknown): void => void events.push(event as OperationEvent)
    const channels = ['write', 'read', 'list'].map((operation) => `nexus:${operation}`)
    for (const channel of channels) subscribe(channel, listener)
    await fs.write('/a', 'x')
    await failure(() => fs.read('/nope'))
    await all(fs.list('/'))
    for (const channel of channels) unsubscribe(channel, listener)
    await fs.write('/a', 'y')
    assert.deepEqual(
      events.map(({ operation, path, code }) => [operation, path, code]),
      [
        ['write', '/a', undefined],
        ['read', '/nope', 'NotFound'],
        ['list', '/', undefined],
        ['list', '/', undefined],
      ],
    )
    assert.ok(events.every(({ duration }) => duration >= 0 && duration < 10_000))
  })
})

describe('a walk', () => {
  it('passes over the rest of a directory that is replaced by another while it is walked', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (const path of ['/top/a/1', '/top/b/1', '/top/b/2', '/top/c/1']) await fs.write(path, 'x')
    const seen: string[] = []
    for await (const { path } of fs.walk('/top', { pageSize: 1 })) {
      seen.push(path)
      if (path !== '/top/b/1') continue
      await fs.move('/top/b', '/old')
      await fs.write('/top/b/1', 'new')
    }
    assert.deepEqual(seen, ['/top/a', '/top/a/1', '/top/b', '/top/b/1', '/top/c', '/top/c/1'])
  })

  it('fetches whole pages: a call for each directory, not for each entry', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.writeBatch(['a/1', 'a/2', 'a/3', 'b', 'c', 'd/1', 'e'].map((name) => ({ path: `/${name}`, content: 'x' })))
    let calls = 0
    const count = (): number => calls++
    subscribe('nexus:walk', count)
    const entries = await all(fs.walk('/'))
    unsubscribe('nexus:walk', count)
    assert.deepEqual([entries.length, calls], [9, 6])
  })
})
