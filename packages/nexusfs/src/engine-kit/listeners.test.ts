import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { Listeners } from './listeners.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('Listeners', () => {
  it('are called in a later turn, once for all that happens in one', async () => {
    const listeners = new Listeners()
    let calls = 0
    listeners.add(() => calls++)
    listeners.notify()
    listeners.notify()
    assert.equal(calls, 0)
    await turn()
    assert.equal(calls, 1)
    listeners.notify()
    await turn()
    assert.equal(calls, 2)
  })

  it('are called each, whatever another throws, and as often as they were added', async () => {
    const listeners = new Listeners()
    let calls = 0
    listeners.add(() => assert.fail('mine'))
    const same = (): void => void calls++
    const stop = listeners.add(same)
    listeners.add(same)
    listeners.notify()
    await turn()
    assert.equal(calls, 2)
    stop()
    stop()
    assert.equal(listeners.size, 2)
  })

  it('are not called once they are stopped or cleared, or when there is nothing to tell', async () => {
    let isNew = false
    let calls = 0
    const listeners = new Listeners(() => isNew)
    const stop = listeners.add(() => calls++)
    listeners.notify()
    await turn()
    isNew = true
    listeners.notify()
    stop()
    await turn()
    listeners.add(() => calls++)
    listeners.notify()
    listeners.clear()
    await turn()
    assert.equal(calls, 0)
  })
})
