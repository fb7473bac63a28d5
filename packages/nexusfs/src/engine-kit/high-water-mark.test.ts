import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { NexusError } from '../core/errors.ts'
import { toRevision } from '../core/revision.ts'
import { HighWaterMark } from './high-water-mark.ts'

describe('HighWaterMark', () => {
  it('only rises', () => {
    const mark = new HighWaterMark()
    assert.equal(mark.revision, 0)
    mark.raise(toRevision(5))
    mark.raise(toRevision(3))
    assert.equal(mark.revision, 5)
  })

  it('keeps the first verdict until the older state is confirmed', () => {
    const mark = new HighWaterMark()
    mark.raise(toRevision(5))
    mark.refuseIfRolledBack()
    const first = new NexusError('Corrupt', 'it is at 3')
    assert.equal(mark.rolledBack(first), first)
    assert.equal(mark.rolledBack(new NexusError('Corrupt', 'it is at 4')), first)
    assert.throws(() => mark.refuseIfRolledBack(), first)
    mark.raise(toRevision(9))
    assert.throws(() => mark.refuseIfRolledBack(), first)
    mark.confirm(toRevision(20))
    mark.refuseIfRolledBack()
    assert.equal(mark.revision, 20)
  })
})
