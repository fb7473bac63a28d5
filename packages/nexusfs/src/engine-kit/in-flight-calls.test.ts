import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { NexusError } from '../core/errors.ts'
import { InFlightCalls } from './in-flight-calls.ts'

const newCalls = () => new InFlightCalls((error, operation) => new NexusError('Unavailable', operation, { cause: error }))

describe('InFlightCalls', () => {
  it('gives what the work gives', async () => {
    assert.equal(await newCalls().run('metadata.read', undefined, async () => 7), 7)
  })

  it('translates what the engine throws, at once or later, and lets a NexusError pass', async () => {
    const calls = newCalls()
    const fault = new Error('engine')
    const thrown = calls.run('metadata.read', undefined, () => {
      throw fault
    })
    await assert.rejects(thrown, { code: 'Unavailable', message: 'metadata.read', cause: fault })
    await assert.rejects(
      calls.run('metadata.read', undefined, () => Promise.reject(fault)),
      { code: 'Unavailable' },
    )
    const known = new NexusError('NotFound', 'no')
    await assert.rejects(
      calls.run('metadata.read', undefined, () => Promise.reject(known)),
      known,
    )
  })

  it('refuses a cancelled call before any work, with the outcome none', async () => {
    let isBegun = false
    const work = async () => {
      isBegun = true
    }
    const call = newCalls().run('metadata.commit', AbortSignal.abort('enough'), work)
    await assert.rejects(call, { code: 'Aborted', cause: 'enough', outcome: 'none' })
    assert.equal(isBegun, false)
  })

  it('ends a call that is cancelled, while close waits for its work', async () => {
    const calls = newCalls()
    const work = Promise.withResolvers<void>()
    const controller = new AbortController()
    const call = calls.run('metadata.commit', controller.signal, () => work.promise)
    controller.abort()
    await assert.rejects(call, { code: 'Aborted', context: {} })
    let isClosed = false
    const closing = calls.close().then(() => {
      isClosed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isClosed, false)
    work.resolve()
    await closing
  })

  it('refuses calls after close, with the outcome none; Closed comes before Aborted', async () => {
    const calls = newCalls()
    await calls.close()
    await calls.close()
    const call = calls.run('metadata.read', AbortSignal.abort(), async () => 7)
    await assert.rejects(call, { code: 'Closed', outcome: 'none' })
    assert.throws(() => calls.refuseIfEnded('storage.stream', undefined), { code: 'Closed' })
  })
})

describe('background work', () => {
  it('is waited for by close, whatever becomes of it', async () => {
    const calls = newCalls()
    const work = Promise.withResolvers<void>()
    await calls.run('storage.get', undefined, async () => calls.background(work.promise))
    let isClosed = false
    const closing = calls.close().then(() => {
      isClosed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isClosed, false)
    work.reject(new Error('nobody asked'))
    await closing
  })
})
