import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { KeyedMutex } from './keyed-mutex.ts'

describe('KeyedMutex', () => {
  it('run the work of one name one after the other, in the order of asking', async () => {
    const mutex = new KeyedMutex({ operation: 'write', longestTurnMs: 1_000 })
    const log: string[] = []
    const work = (name: string, ms: number) => async (): Promise<string> => {
      log.push(`${name} begins`)
      await sleep(ms)
      log.push(`${name} ends`)
      return name
    }
    const results = await Promise.all([mutex.run('a', work('1', 15)), mutex.run('a', work('2', 1)), mutex.run('a', work('3', 5))])
    assert.deepEqual(results, ['1', '2', '3'])
    assert.deepEqual(log, ['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends'])
  })

  it('run the work of different names at the same time', async () => {
    const mutex = new KeyedMutex({ operation: 'write', longestTurnMs: 1_000 })
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = mutex.run('a', () => promise)
    await mutex.run('b', async () => resolve())
    await waiting
  })

  it('go on after work that failed, which fails for its own caller only', async () => {
    const mutex = new KeyedMutex({ operation: 'write', longestTurnMs: 1_000 })
    const failing = mutex.run('a', async () => {
      await sleep(2)
      throw new RangeError('mine')
    })
    const after = mutex.run('a', async () => 'after')
    await assert.rejects(failing, RangeError)
    assert.equal(await after, 'after')
    assert.equal(await mutex.run('a', async () => 'later'), 'later')
  })

  it('let go of who cancels while he waits, whose work is never begun', async () => {
    const mutex = new KeyedMutex({ operation: 'write', longestTurnMs: 1_000 })
    const { promise, resolve } = Promise.withResolvers<string>()
    const first = mutex.run('a', () => promise)
    const controller = new AbortController()
    let hasBegun = false
    const begin = async (): Promise<void> => {
      hasBegun = true
    }
    const second = mutex.run('a', begin, controller.signal)
    const third = mutex.run('a', async () => 'third')
    controller.abort()
    await assert.rejects(second, { code: 'Aborted' })
    resolve('first')
    assert.deepEqual([await first, await third, hasBegun], ['first', 'third', false])
  })

  it('do not let go of work that has begun', async () => {
    const mutex = new KeyedMutex({ operation: 'write', longestTurnMs: 1_000 })
    const controller = new AbortController()
    const first = mutex.run('a', async () => 'first')
    const { promise, resolve } = Promise.withResolvers<string>()
    const second = mutex.run('a', () => promise, controller.signal)
    await first
    await sleep(1)
    controller.abort()
    resolve('second')
    assert.equal(await second, 'second')
  })

  it('begin at once where nobody waits', () => {
    const mutex = new KeyedMutex({ operation: 'write', longestTurnMs: 1_000 })
    let hasBegun = false
    void mutex.run('a', async () => {
      hasBegun = true
    })
    assert.ok(hasBegun)
  })
})
