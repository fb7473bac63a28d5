// Guards: packages/bench/src/statistics/round-ratio.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { normalCdf, normalQuantile, studentQuantile } from './round-ratio.ts'

function assertNear(found: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} is not within ${tolerance} of ${expected}`)
}

describe('normal distribution', () => {
  it('has the values of the tables', () => {
    assertNear(normalCdf(0), 0.5, 1e-6)
    assertNear(normalCdf(1), 0.8413447, 1e-6)
    assertNear(normalCdf(-1.959964), 0.025, 1e-6)
    assertNear(normalCdf(3), 0.9986501, 1e-6)
  })

  it('has an inverse', () => {
    assertNear(normalQuantile(0.975), 1.959964, 1e-4)
    assertNear(normalQuantile(0.01), -2.326348, 1e-4)
  })
})

describe('Student distribution', () => {
  it('has the 97.5 % points of the tables from 5 degrees up', () => {
    const table: readonly (readonly [number, number])[] = [
      [5, 2.570582],
      [9, 2.262157],
      [11, 2.200985],
      [19, 2.093024],
      [100, 1.983972],
    ]
    for (const [degrees, expected] of table) assertNear(studentQuantile(0.975, degrees), expected, expected * 0.002)
  })
})
