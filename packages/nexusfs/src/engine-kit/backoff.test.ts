import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { Backoff } from './backoff.ts'

describe('Backoff', () => {
  it('doubles from the first pause to the longest, and begins anew after a reset', () => {
    const backoff = new Backoff({ firstMs: 10, longestMs: 50, random: { fraction: () => 0.5 } })
    assert.deepEqual([backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()], [10, 20, 40, 50, 50])
    backoff.reset()
    assert.equal(backoff.next(), 10)
  })

  it('takes chance from where it is told to', () => {
    const [shortest, longest] = [0, 0.999].map((fraction) =>
      new Backoff({ firstMs: 8, longestMs: 8, random: { fraction: () => fraction } }).next(),
    )
    assert.equal(shortest, 4)
    assert.ok(longest !== undefined && longest > 11.9 && longest < 12)
  })

  it('differs from one to the next by default', () => {
    const pauses = Array.from({ length: 20 }, () => new Backoff({ firstMs: 1, longestMs: 1 }).next())
    assert.ok(new Set(pauses).size > 1)
    assert.ok(pauses.every((pause) => pause >= 0.5 && pause < 1.5))
  })
})
