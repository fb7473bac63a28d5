import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { isNexusError, NexusError } from './errors.ts'

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
