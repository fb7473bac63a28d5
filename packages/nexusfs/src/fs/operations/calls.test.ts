import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { NexusError } from '../../core/errors.ts'
import { noOptions } from '../model/take-options.ts'
import { failure, memoryFixture } from '../store.test-fixture.ts'
import { Calls } from './calls.ts'

/** Keeps the thread busy for so long, in ms. */
function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

const count = 2_000

describe('calls that are made at once', () => {
  it('begin in the order of the calls, in as many turns of the event loop as they take', async () => {
    const calls = new Calls()
    const begun: number[] = []
    let ticks = 0
    const timer = setInterval(() => {
      ticks += 1
    }, 1)
    const all = Array.from({ length: count }, (_, index) =>
      calls.run('stat', '/a', noOptions, async () => {
        work(0.1)
        begun.push(index)
      }),
    )
    assert.ok(begun.length < count / 2, `${begun.length} of ${count} calls began before the event loop could turn`)
    await Promise.all(all)
    clearInterval(timer)
    assert.deepEqual(
      begun,
      Array.from({ length: count }, (_, index) => index),
    )
    assert.ok(ticks > 20, `the loop turned ${ticks} times in 200 ms of work`)
  })

  it('do not let a call that comes later begin before them', async () => {
    const calls = new Calls()
    const begun: string[] = []
    const call = (name: string): Promise<void> =>
      calls.run('stat', '/a', noOptions, async () => {
        begun.push(name)
      })
    await calls.run('stat', '/a', noOptions, async () => work(3))
    const first = call('first')
    await Promise.resolve()
    const second = call('second')
    assert.deepEqual(begun, [])
    await Promise.all([first, second])
    assert.deepEqual(begun, ['first', 'second'])
  })

  it('fail at once when they are cancelled while they wait, and never begin', async () => {
    const calls = new Calls()
    const controller = new AbortController()
    const { signal } = controller
    let hasBegun = false
    await calls.run('stat', '/a', noOptions, async () => work(3))
    const waiting = failure(() =>
      calls.run('stat', '/a', { signal }, async () => {
        hasBegun = true
      }),
    )
    controller.abort()
    const error = await waiting
    await calls.run('stat', '/a', noOptions, async () => undefined)
    assert.equal(error.code, 'Aborted')
    assert.equal(error.outcome, 'none')
    assert.equal(hasBegun, false)
  })

  it('are waited for by close, also where they have not begun', async () => {
    const calls = new Calls()
    await calls.run('stat', '/a', noOptions, async () => work(3))
    let hasEnded = false
    const waiting = calls.run('stat', '/a', noOptions, async () => {
      hasEnded = true
    })
    await calls.close()
    assert.equal(hasEnded, true)
    await waiting
    await assert.rejects(
      calls.run('stat', '/a', noOptions, async () => undefined),
      (error) => error instanceof NexusError && error.code === 'Closed',
    )
  })

  it('write what the buffer held at the call', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const buffer = new Uint8Array(1)
    const calls: Promise<unknown>[] = []
    for (let index = 0; index < 60; index++) {
      buffer[0] = index
      work(0.1)
      if (index % 3 === 0) calls.push(fs.write(`/${index}`, buffer))
      else if (index % 3 === 1) calls.push(fs.append(`/${index}`, buffer))
      else calls.push(fs.writeBatch([{ path: `/${index}`, content: buffer }]))
    }
    await Promise.all(calls)
    for (let index = 0; index < 60; index++) assert.deepEqual([...(await fs.read(`/${index}`))], [index])
  })
})
