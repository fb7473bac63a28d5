import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { NexusFS } from '../nexus-fs.ts'
import { all, failure, fresh, memoryFixture, type StoreFixture } from '../store.test-fixture.ts'

let fixture: StoreFixture
let fs: NexusFS

beforeEach(async () => {
  fixture = await memoryFixture()
  fs = await fixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

const paths = async (): Promise<string[]> => (await all(fs.walk('/'))).map(({ path }) => path)

describe('versions of what was removed', () => {
  it('are those of the file that was removed last, wherever it is kept', async () => {
    const versionsOf = async (path: string): Promise<unknown[]> => (await all(fs.versions(path))).map(({ size }) => size)
    for (const size of [1, 2, 3]) await fs.write('/t/a', fresh(size * 100))
    const before = await all(fs.versions('/t/a'))
    await fs.remove('/t', { recursive: true })
    assert.deepEqual(await all(fs.versions('/t/a')), before)
    assert.deepEqual(await all(fs.versions('/t/a', { pageSize: 1 })), before)
    await fs.write('/b', fresh(400))
    await fs.remove('/b')
    assert.deepEqual(await versionsOf('/b'), [400])
    await fs.mkdir('/b')
    assert.equal((await failure(() => versionsOf('/b'))).code, 'IsADirectory')
    await fs.rmdir('/b')
    assert.deepEqual(await versionsOf('/b'), [400])
    await fs.write('/b', fresh(500))
    assert.deepEqual(await versionsOf('/b'), [500])
    await fs.move('/b', '/c')
    assert.deepEqual(await versionsOf('/b'), [400])
    for (const path of ['/t/absent', '/absent/a', '/t']) assert.equal((await failure(() => versionsOf(path))).code, 'NotFound')
    assert.equal((await failure(() => versionsOf('/c/below'))).code, 'NotADirectory')
  })
})

describe('restore', () => {
  it('brings back a file with its versions, its etag and its times', async () => {
    await fs.write('/a', fresh(500))
    const before = await fs.write('/a', fresh(600), { author: 'bob', reason: 'second' })
    await fs.remove('/a')
    const back = await fs.restore('/a')
    assert.deepEqual(back, before)
    assert.deepEqual(await fs.stat('/a'), before)
    assert.equal((await all(fs.versions('/a'))).length, 2)
    assert.equal((await fs.write('/a', 'third', { ifMatch: before.etag })).version, 3)
  })

  it('brings back the latest of several, and then the one before', async () => {
    for (const text of ['one', 'two', 'three']) {
      await fs.write('/a', text)
      await fs.remove('/a')
    }
    for (const text of ['three', 'two', 'one']) {
      await fs.restore('/a', { to: `/back/${text}` })
      assert.equal(await fs.readText(`/back/${text}`), text)
    }
    assert.equal((await failure(() => fs.restore('/a'))).code, 'NotFound')
  })

  it('brings back a file that was replaced by a move, to another name', async () => {
    await fs.write('/a', 'mover')
    await fs.write('/b', 'replaced')
    await fs.move('/a', '/b', { overwrite: true })
    assert.equal((await failure(() => fs.restore('/b'))).code, 'AlreadyExists')
    await fs.restore('/b', { to: '/c' })
    assert.equal(await fs.readText('/c'), 'replaced')
    assert.equal(await fs.readText('/b'), 'mover')
    assert.equal((await failure(() => fs.restore('/a'))).code, 'NotFound')
  })

  it('brings back a tree whole, once', async () => {
    await fs.write('/t/a/b', 'x')
    await fs.mkdir('/t/empty')
    await fs.remove('/t', { recursive: true })
    assert.deepEqual(await paths(), [])
    assert.equal((await fs.restore('/t')).kind, 'directory')
    assert.deepEqual(await paths(), ['/t', '/t/a', '/t/a/b', '/t/empty'])
    await fs.move('/t', '/elsewhere')
    assert.equal((await failure(() => fs.restore('/t'))).code, 'NotFound')
  })

  it('brings back from a path what was removed from that path, not what was removed from another one since', async () => {
    await fs.write('/t/a', 'x')
    await fs.remove('/t', { recursive: true })
    await fs.restore('/t', { to: '/u' })
    await fs.remove('/u', { recursive: true })
    assert.equal((await failure(() => fs.restore('/t'))).code, 'NotFound')
    await fs.restore('/u')
    assert.deepEqual(await paths(), ['/u', '/u/a'])
  })

  it('brings one file out of a removed tree, once, and the tree later without it', async () => {
    await fs.write('/t/sub/a', 'one')
    const before = await fs.write('/t/sub/a', 'two')
    await fs.write('/t/sub/b', 'stays')
    await fs.remove('/t', { recursive: true })
    assert.deepEqual(await fs.restore('/t/sub/a'), before)
    assert.deepEqual(await paths(), ['/t', '/t/sub', '/t/sub/a'])
    assert.equal(await fs.readText('/t/sub/a', { version: 1 }), 'one')
    assert.equal((await failure(() => fs.restore('/t/sub/a', { to: '/again' }))).code, 'NotFound')
    await fs.restore('/t', { to: '/old' })
    assert.deepEqual(await paths(), ['/old', '/old/sub', '/old/sub/b', '/t', '/t/sub', '/t/sub/a'])
    await fs.remove('/t/sub/a')
    await fs.restore('/t/sub/a')
    assert.deepEqual(await fs.stat('/t/sub/a'), before)
  })

  it('brings a directory, and what had been removed before, out of a removed tree', async () => {
    await fs.write('/t/gone/earlier', 'x')
    await fs.write('/t/d/inside', 'y')
    await fs.remove('/t/gone/earlier')
    await fs.rmdir('/t/gone')
    await fs.remove('/t', { recursive: true })
    await fs.restore('/t/d', { to: '/d' })
    await fs.restore('/t/gone/earlier', { to: '/earlier' })
    assert.deepEqual(await paths(), ['/d', '/d/inside', '/earlier'])
    assert.equal((await failure(() => fs.restore('/t/d', { to: '/e' }))).code, 'NotFound')
    assert.equal((await failure(() => fs.restore('/t/absent'))).code, 'NotFound')
    assert.equal((await failure(() => fs.restore('/t/x', { parents: false }))).code, 'NotFound')
  })

  it('looks in the tree that was removed last first, and then in those before', async () => {
    for (const name of ['older', 'newer']) {
      await fs.write('/t/both', name)
      await fs.write(`/t/${name}`, name)
      await fs.remove('/t', { recursive: true })
    }
    for (const name of ['newer', 'older']) {
      await fs.restore('/t/both', { to: `/both-${name}` })
      assert.equal(await fs.readText(`/both-${name}`), name)
      await fs.restore(`/t/${name}`, { to: `/${name}` })
    }
    assert.equal((await failure(() => fs.restore('/t/both', { to: '/c' }))).code, 'NotFound')
  })

  it('of one file and of its tree at the same time never leaves it at two paths, nor at none', async () => {
    const other = await fixture.open()
    for (let round = 0; round < 20; round++) {
      await fs.write(`/t${round}/a`, 'x')
      await fs.remove(`/t${round}`, { recursive: true })
      await Promise.allSettled([
        fs.restore(`/t${round}`, { to: `/tree${round}` }),
        other.restore(`/t${round}/a`, { to: `/file${round}` }),
      ])
      const found = [await fs.exists(`/tree${round}/a`), await fs.exists(`/file${round}`)]
      assert.deepEqual(found.toSorted(), [false, true])
    }
  })

  it('finds what was removed behind a hundred other endings of that name', async () => {
    await fs.write('/a', 'wanted')
    await fs.remove('/a')
    await fs.write('/b', 'x')
    for (let n = 0; n < 120; n++) {
      await fs.move('/b', '/a')
      await fs.move('/a', '/b')
    }
    await fs.restore('/a')
    assert.equal(await fs.readText('/a'), 'wanted')
  })

  it('by two at once succeeds once', async () => {
    const other = await fixture.open()
    for (let round = 0; round < 10; round++) {
      await fs.write(`/t${round}/a`, 'x')
      await fs.remove(`/t${round}`, { recursive: true })
      const outcomes = await Promise.allSettled([
        fs.restore(`/t${round}`, { to: `/one${round}` }),
        other.restore(`/t${round}`, { to: `/two${round}` }),
      ])
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    }
    assert.equal((await paths()).length, 20)
  })

  it('refuses a target that is taken, below a file, or the root', async () => {
    await fs.write('/a', 'x')
    await fs.remove('/a')
    await fs.write('/taken', 'y')
    assert.equal((await failure(() => fs.restore('/a', { to: '/taken' }))).code, 'AlreadyExists')
    assert.equal((await failure(() => fs.restore('/a', { to: '/taken/below' }))).code, 'NotADirectory')
    assert.equal((await failure(() => fs.restore('/a', { to: '/no/where', parents: false }))).code, 'NotFound')
    assert.equal((await failure(() => fs.restore('/'))).code, 'InvalidArgument')
    assert.equal((await failure(() => fs.restore('/taken/x'))).code, 'NotADirectory')
    await fs.restore('/a', { to: '/new/fixture' })
    assert.equal(await fs.readText('/new/fixture'), 'x')
  })
})
