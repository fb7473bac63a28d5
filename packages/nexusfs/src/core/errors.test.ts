import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { orAborted } from './abort.ts'
import { isNexusError, NexusError, throwIfAborted } from './errors.ts'

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

  it('has a summary, advice and an outcome of its own; the message is the first two, and the facts hold the last', () => {
    const error = new NexusError('NoSpace', 'the disk is full', { advice: 'free some', outcome: 'none', context: { path: '/a' } })
    assert.deepEqual([error.summary, error.advice, error.outcome], ['the disk is full', 'free some', 'none'])
    assert.equal(error.message, 'the disk is full; free some')
    assert.deepEqual(error.context, { path: '/a', outcome: 'none' })
    for (const [fact, expected] of [
      ['unknown', 'unknown'],
      ['perhaps', undefined],
    ] as const) {
      const context = { outcome: fact }
      assert.equal(new NexusError('Unavailable', 'x', { context }).outcome, expected)
    }
  })

  it('can be told otherwise at another level, which keeps what is not named', () => {
    const error = new NexusError('Corrupt', 'a bit', {
      advice: 'mend it',
      outcome: 'unknown',
      operation: 'a',
      context: { key: 'k' },
    })
    const told = error.with({ summary: '/f: a bit', outcome: 'none', context: { path: '/f' } })
    assert.deepEqual([told.code, told.message, told.operation, told.cause], ['Corrupt', '/f: a bit; mend it', 'a', error])
    assert.deepEqual(told.context, { key: 'k', path: '/f', outcome: 'none' })
    const kept = error.with({ code: 'Unavailable' })
    assert.deepEqual([kept.code, kept.outcome, kept.retry], ['Unavailable', 'unknown', 'never'])
    assert.equal(kept.outcome, 'unknown')
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
