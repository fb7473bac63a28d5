import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { freshSeed, seededRandom } from '../../conformance/seeded-random.ts'
import { WaitingLine } from './waiting-line.ts'

describe('WaitingLine', () => {
  it('gives its items in order, those that were put back first, as an array would', () => {
    const seed = freshSeed()
    const random = seededRandom(seed)
    const line = new WaitingLine<number>()
    let model: number[] = []
    let next = 0
    for (let step = 0; step < 30_000; step++) {
      const taken: number[] = []
      for (let count = Math.floor(random.fraction() * 9); count > 0; count--) {
        assert.equal(line.first, model[0], `seed ${seed}`)
        if (line.first !== undefined) taken.push(line.first)
        line.removeFirst()
        model.shift()
      }
      if (random.fraction() < 0.3) {
        line.putBack(taken)
        model = [...taken, ...model]
      }
      for (let count = Math.floor(random.fraction() * (step % 4000 < 2000 ? 12 : 5)); count > 0; count--) {
        line.push(next)
        model.push(next++)
      }
      assert.equal(line.length, model.length, `seed ${seed}`)
    }
  })
})
