import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { seededRandom, shuffled } from './seeded-random.ts'

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    const first = (seed: string) => Array.from({ length: 5 }, seededRandom(seed))
    assert.deepEqual(first('a'), first('a'))
    assert.notDeepEqual(first('a'), first('b'))
  })

  it('is even over [0, 1)', () => {
    const random = seededRandom('even')
    const counts = new Array<number>(10).fill(0)
    for (let draw = 0; draw < 20_000; draw++) {
      const bin = Math.floor(random() * 10)
      counts[bin] = (counts[bin] ?? 0) + 1
    }
    for (const count of counts) assert.ok(Math.abs(count - 2000) < 200, `${counts}`)
  })
})

describe('shuffled', () => {
  it('keeps every item and leaves the original alone', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8]
    const result = shuffled(items, seededRandom('shuffle'))
    assert.notDeepEqual(result, items)
    assert.deepEqual([...result].sort(), items)
  })
})
