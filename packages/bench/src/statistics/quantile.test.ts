import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { median, quantile, tailQuantile } from './quantile.ts'

describe('quantile', () => {
  it('interpolates between order statistics as type 7 does', () => {
    assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5)
    assert.equal(quantile([1, 2, 3, 4], 0.25), 1.75)
    assert.equal(quantile([10, 20], 0.9), 19)
  })

  it('of one value is that value, at the ends the extremes', () => {
    assert.equal(median([7]), 7)
    assert.equal(quantile([3, 1, 2], 0), 1)
    assert.equal(quantile([3, 1, 2], 1), 3)
  })

  it('of nothing is not a number', () => assert.ok(Number.isNaN(median([]))))

  it('does not reorder what it is given', () => {
    const values = [3, 1, 2]
    median(values)
    assert.deepEqual(values, [3, 1, 2])
  })
})

describe('tailQuantile', () => {
  const values = (count: number) => Array.from({ length: count }, (_, index) => index)

  it('is unknown while fewer than ten samples lie above it', () => {
    assert.equal(tailQuantile(values(999), 0.99), undefined)
    assert.equal(tailQuantile(values(99), 0.9), undefined)
  })

  it('is known from ten samples above it', () => {
    assert.equal(tailQuantile(values(1000), 0.99), quantile(values(1000), 0.99))
    assert.notEqual(tailQuantile(values(100), 0.9), undefined)
  })
})
