import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { EventLoopYield, stallAwareTimer } from './event-loop.ts'

/** Work that keeps the thread busy for so long, in ms. */
function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe('EventLoopYield', () => {
  it('lets as many calls go on in a turn as its time allows, in their order', async () => {
    const turns = new EventLoopYield()
    const done: number[] = []
    const call = async (index: number): Promise<void> => {
      if (turns.isOverdue()) await turns.next()
      work(0.1)
      done.push(index)
    }
    let ticks = 0
    const timer = setInterval(() => {
      ticks += 1
    }, 1)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await Promise.all(Array.from({ length: 2_000 }, (_, index) => call(index)))
    delay.disable()
    clearInterval(timer)
    assert.deepEqual(
      done,
      Array.from({ length: 2_000 }, (_, index) => index),
    )
    assert.ok(ticks > 20, `the loop turned ${ticks} times in 200 ms of work`)
    assert.ok(delay.percentile(90) / 1e6 < 60, `it stood still for ${delay.percentile(90) / 1e6} ms`)
  })

  it('makes who comes later wait behind those who wait', async () => {
    const turns = new EventLoopYield()
    assert.equal(turns.isOverdue(), false)
    work(3)
    assert.equal(turns.isOverdue(), true)
    const order: string[] = []
    const first = turns.next().then(() => order.push('first'))
    await new Promise((resolve) => process.nextTick(resolve))
    assert.equal(turns.isOverdue(), true)
    const second = turns.next().then(() => order.push('second'))
    await Promise.all([first, second])
    assert.deepEqual(order, ['first', 'second'])
    assert.equal(turns.isOverdue(), false)
  })

  it('keeps the order of callers with and without a signal, and lets one go at once that cancels', async () => {
    const turns = new EventLoopYield()
    turns.isOverdue()
    const controller = new AbortController()
    const order: string[] = []
    const wait = async (name: string, signal?: AbortSignal): Promise<void> => {
      await turns.next(signal)
      order.push(name)
    }
    const calls = [
      wait('a', new AbortController().signal),
      wait('b'),
      wait('c', controller.signal),
      wait('d', controller.signal),
      wait('e'),
    ]
    controller.abort()
    await Promise.resolve()
    assert.deepEqual(order, ['c', 'd'])
    await Promise.all(calls)
    assert.deepEqual(order, ['c', 'd', 'a', 'b', 'e'])
  })

  it('goes on in order where others come and wait all the time', async () => {
    const turns = new EventLoopYield()
    const done: number[] = []
    let made = 0
    const call = async (): Promise<void> => {
      const index = made++
      await turns.next()
      done.push(index)
      if (made < 20_000) await call()
    }
    await Promise.all(Array.from({ length: 50 }, call))
    assert.deepEqual(
      done,
      Array.from({ length: made }, (_, index) => index),
    )
  })
})

describe('a timer that counts what the loop could see', () => {
  it('calls back after its time, once', async () => {
    let calls = 0
    const began = performance.now()
    await new Promise<void>((resolve) => {
      stallAwareTimer(30, () => {
        calls++
        resolve()
      })
    })
    assert.ok(performance.now() - began >= 29)
    await sleep(60)
    assert.equal(calls, 1)
  })

  it('does not call back right after the loop stood still: what came in meanwhile is looked at first', async () => {
    const events: string[] = []
    const timer = stallAwareTimer(100, () => events.push('late'))
    const until = performance.now() + 300
    while (performance.now() < until);
    setImmediate(() => {
      events.push('the answer')
      timer.clear()
    })
    await sleep(250)
    assert.deepEqual(events, ['the answer'])
  })

  it('never calls back once it is cleared', async () => {
    let calls = 0
    stallAwareTimer(10, () => calls++).clear()
    await sleep(40)
    assert.equal(calls, 0)
  })
})
