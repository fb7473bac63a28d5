import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { isNexusError } from './errors.ts'
import { nextRevision, revisionsPerEpoch, toRevision } from './revision.ts'

const revisionLimit = 2 ** 53

describe('a revision', () => {
  it('is a whole number from 0 to 2^53 - 1', () => {
    for (const value of [0, 1, revisionsPerEpoch, revisionLimit - 1]) assert.equal(toRevision(value), value)
    for (const value of [-1, 0.5, revisionLimit, Number.NaN, Number.POSITIVE_INFINITY, -0.1]) {
      assert.throws(
        () => toRevision(value),
        (error) => isNexusError(error, 'InvalidArgument'),
      )
    }
  })

  it('is followed by the next, until there is none', () => {
    assert.equal(nextRevision(toRevision(41)), 42)
    assert.throws(() => nextRevision(toRevision(revisionLimit - 1)))
  })
})
