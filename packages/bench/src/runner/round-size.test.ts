// Guards: packages/bench/src/runner/measure-workload.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { fakeWorkload } from '../testing/fake-workload.ts'
import { MiB } from '../workloads/workload.ts'
import { iterationsPerRound, roundLimit } from './measure-workload.ts'

describe('iterationsPerRound', () => {
  it('fills the time with what the slowest does', () => assert.equal(iterationsPerRound(fakeWorkload(), 2, 21), 10))

  it('is never less than one, nor more than 500', () => {
    assert.equal(iterationsPerRound(fakeWorkload(), 5000, 20), 1)
    assert.equal(iterationsPerRound(fakeWorkload(), 0, 20), 500)
  })

  it('keeps the content of a round within 64 MiB', () => {
    assert.equal(iterationsPerRound(fakeWorkload({ bytesPerOperation: 10 * MiB }), 1, 1000), 6)
  })

  it('is one for a cold start', () => assert.equal(iterationsPerRound(fakeWorkload({ cold: { warmed: [] } }), 1, 1000), 1))
})

describe('roundLimit', () => {
  it('keeps what a workload writes within 768 MiB', () => {
    assert.equal(roundLimit(fakeWorkload({ bytesPerOperation: 10 * MiB }), 6), 12)
  })

  it('does not bind workloads that write nothing', () => {
    assert.equal(roundLimit(fakeWorkload({ data: 'none', bytesPerOperation: 10 * MiB }), 6), Number.POSITIVE_INFINITY)
  })
})
