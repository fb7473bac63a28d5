import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { RetryBudget } from './retry-budget.ts'
import { partBytesFor } from './upload.ts'

const limits = { partBytes: 8_388_608, parts: 10_000 }

describe('the size of a part', () => {
  it.each([
    [8_388_609, 8_388_608],
    [83_886_080_000, 8_388_608],
    [83_886_080_001, 9_437_184],
    [5_497_558_138_880, 550_502_400],
  ])('of %i bytes is %i', (size, bytes) => {
    assert.equal(partBytesFor(size, limits), bytes)
    assert.ok(Math.ceil(size / bytes) <= limits.parts)
  })
})

describe('the budget of retries', () => {
  it('is used up by a hundred, and ten successes give one back', () => {
    const budget = new RetryBudget()
    const spent = Array.from({ length: 200 }, () => budget.spend())
    assert.equal(spent.filter(Boolean).length, 100)
    for (let count = 0; count < 11; count++) budget.earn()
    assert.deepEqual([budget.spend(), budget.spend()], [true, false])
  })
})
