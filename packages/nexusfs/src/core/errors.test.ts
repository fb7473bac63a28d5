import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { orAborted } from './abort.ts'
import { errorCodes, isNexusError, NexusError, throwIfAborted } from './errors.ts'

describe('a NexusError', () => {
  it('carries code, retry, errno and cause', () => {
    const cause = new Error('why')
    const error = new NexusError('NoSpace', 'full', { operation: 'write', context: { path: '/a' }, cause })
    assert.deepEqual([error.code, error.retry, error.errno, error.operation], ['NoSpace', 'safe', 'ENOSPC', 'write'])
    assert.equal(error.cause, cause)
    assert.equal(new NexusError('Unavailable', 'x', { retry: 'exhausted' }).retry, 'exhausted')
    assert.equal('cause' in new NexusError('Conflict', 'x'), false)
  })

  it('is told by its name and code, also from another copy of the library', () => {
    class Foreign extends Error {
      override readonly name = 'NexusError'
      readonly code = 'NotFound'
    }
    assert.ok(isNexusError(new Foreign('x')) && isNexusError(new Foreign('x'), 'NotFound'))
    assert.equal(isNexusError(new Foreign('x'), 'Conflict'), false)
    for (const other of [new Error('x'), undefined, null, { name: 'NexusError', code: 'NotFound' }])
      assert.equal(isNexusError(other), false)
  })

  it('has an exit code for every code, and 1 and 130 are nobody’s', () => {
    for (const [code, { exit, meaning }] of Object.entries(errorCodes)) {
      assert.ok(exit >= 2 && exit <= 70, code)
      assert.ok(meaning.length > 10)
    }
  })
})

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
    await assert.rejects(orAborted(notBegun, signal, 'read'), { code: 'Aborted', context: { outcome: 'none' } })
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
