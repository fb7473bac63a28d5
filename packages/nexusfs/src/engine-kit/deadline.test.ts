import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { isNexusError, throwIfAborted } from '../core/errors.ts'
import { orAborted } from './deadline.ts'

describe('a cancelled call', () => {
  it('is Aborted with the reason as its cause', async () => {
    const reason = new Error('mine')
    const signal = AbortSignal.abort(reason)
    const isAborted = (error: unknown): boolean => isNexusError(error, 'Aborted') && error.cause === reason
    assert.throws(() => throwIfAborted(signal, 'read'), isAborted)
    await assert.rejects(
      orAborted(async () => 1, signal, 'read'),
      isAborted,
    )
    const notBegun = (): Promise<never> => assert.fail('it was begun')
    await assert.rejects(orAborted(notBegun, signal, 'read'), { code: 'Aborted', outcome: 'none' })
    const controller = new AbortController()
    const waiting = orAborted(() => new Promise(() => undefined), controller.signal, 'read')
    controller.abort(reason)
    await assert.rejects(waiting, isAborted)
  })

  it('that is not cancelled gives what it gives, and leaves no listener', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    assert.equal(await orAborted(async () => 1, signal, 'read'), 1)
    await assert.rejects(
      orAborted(() => Promise.reject(new RangeError('x')), signal, 'read'),
      RangeError,
    )
    assert.equal(await orAborted(async () => 2, undefined, 'read'), 2)
    assert.equal(listeners, 0)
  })
})
