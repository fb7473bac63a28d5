import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { NexusFS } from './nexus-fs.ts'
import { all, failure, fresh, memoryPlace, type TestPlace } from './test-place.test-fixture.ts'

let place: TestPlace
let fs: NexusFS

beforeEach(async () => {
  place = await memoryPlace()
  fs = await place.open()
})
afterEach(() => place[Symbol.asyncDispose]())

const paths = async (): Promise<string[]> => (await all(fs.walk('/'))).map(({ path }) => path)

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

  it('of what is below a removed directory says that the directory comes first', async () => {
    await fs.write('/t/a', 'x')
    await fs.remove('/t/a')
    await fs.remove('/t', { recursive: true })
    const error = await failure(() => fs.restore('/t/a'))
    assert.equal(error.code, 'NotFound')
    assert.match(error.message, /\/t does not exist; restore that first/)
    await fs.restore('/t')
    await fs.restore('/t/a')
    assert.equal(await fs.readText('/t/a'), 'x')
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
    const other = await place.open()
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
    await fs.restore('/a', { to: '/new/place' })
    assert.equal(await fs.readText('/new/place'), 'x')
  })
})
