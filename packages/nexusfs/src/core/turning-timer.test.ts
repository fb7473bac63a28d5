import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { afterTurning } from './turning-timer.ts'

describe('a timer that counts what the loop could see', () => {
  it('calls back after its time, once', async () => {
    let calls = 0
    const began = performance.now()
    await new Promise<void>((resolve) => {
      afterTurning(30, () => {
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
    const timer = afterTurning(100, () => events.push('late'))
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
    afterTurning(10, () => calls++).clear()
    await sleep(40)
    assert.equal(calls, 0)
  })
})
