import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { Turns } from './turns.ts'

describe('turns', () => {
  it('run the work of one name one after the other, in the order of asking', async () => {
    const turns = new Turns()
    const log: string[] = []
    const work = (name: string, ms: number) => async (): Promise<string> => {
      log.push(`${name} begins`)
      await sleep(ms)
      log.push(`${name} ends`)
      return name
    }
    const results = await Promise.all([
      turns.take('a', work('1', 15)),
      turns.take('a', work('2', 1)),
      turns.take('a', work('3', 5)),
    ])
    assert.deepEqual(results, ['1', '2', '3'])
    assert.deepEqual(log, ['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends'])
  })

  it('run the work of different names at the same time', async () => {
    const turns = new Turns()
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = turns.take('a', () => promise)
    await turns.take('b', async () => resolve())
    await waiting
  })

  it('go on after work that failed, which fails for its own caller only', async () => {
    const turns = new Turns()
    const failing = turns.take('a', async () => {
      await sleep(2)
      throw new RangeError('mine')
    })
    const after = turns.take('a', async () => 'after')
    await assert.rejects(failing, RangeError)
    assert.equal(await after, 'after')
    assert.equal(await turns.take('a', async () => 'later'), 'later')
  })

  it('let go of who cancels while he waits, whose work is never begun', async () => {
    const turns = new Turns()
    const { promise, resolve } = Promise.withResolvers<string>()
    const first = turns.take('a', () => promise)
    const controller = new AbortController()
    let hasBegun = false
    const begin = async (): Promise<void> => {
      hasBegun = true
    }
    const second = turns.take('a', begin, controller.signal)
    const third = turns.take('a', async () => 'third')
    controller.abort()
    await assert.rejects(second, { code: 'Aborted' })
    resolve('first')
    assert.deepEqual([await first, await third, hasBegun], ['first', 'third', false])
  })

  it('do not let go of work that has begun', async () => {
    const turns = new Turns()
    const controller = new AbortController()
    const first = turns.take('a', async () => 'first')
    const { promise, resolve } = Promise.withResolvers<string>()
    const second = turns.take('a', () => promise, controller.signal)
    await first
    await sleep(1)
    controller.abort()
    resolve('second')
    assert.equal(await second, 'second')
  })

  it('begin at once where nobody waits', () => {
    const turns = new Turns()
    let hasBegun = false
    void turns.take('a', async () => {
      hasBegun = true
    })
    assert.ok(hasBegun)
  })
})
