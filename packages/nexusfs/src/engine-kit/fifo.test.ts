// Guards: engine-kit/waiting-line.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { freshSeed, seededRandom } from '../testing/seeded-random.ts'
import { Fifo } from './waiting-line.ts'

describe('a first-in, first-out queue', () => {
  it('gives first what came first, and what was put back before that', () => {
    const fifo = new Fifo<number>()
    for (const item of [1, 2, 3, 4]) fifo.push(item)
    assert.deepEqual([fifo.shift(), fifo.shift(), fifo.first, fifo.size], [1, 2, 3, 2])
    fifo.putBack([1, 2])
    fifo.push(5)
    assert.deepEqual(
      Array.from({ length: 6 }, () => fifo.shift()),
      [1, 2, 3, 4, 5, undefined],
    )
    assert.deepEqual([fifo.size, fifo.first], [0, undefined])
  })

  it('gives its items in order, those that were put back first, as an array would', () => {
    const seed = freshSeed()
    const random = seededRandom(seed)
    const fifo = new Fifo<number>()
    let model: number[] = []
    let next = 0
    for (let step = 0; step < 30_000; step++) {
      const taken: number[] = []
      for (let count = Math.floor(random.fraction() * 9); count > 0; count--) {
        assert.equal(fifo.first, model[0], `seed ${seed}`)
        const item = fifo.shift()
        assert.equal(item, model.shift(), `seed ${seed}`)
        if (item !== undefined) taken.push(item)
      }
      if (random.fraction() < 0.3) {
        fifo.putBack(taken)
        model = [...taken, ...model]
      }
      for (let count = Math.floor(random.fraction() * (step % 4000 < 2000 ? 12 : 5)); count > 0; count--) {
        fifo.push(next)
        model.push(next++)
      }
      assert.equal(fifo.size, model.length, `seed ${seed}`)
    }
  })

  it('takes 200,000 out in about 20 times the time of 10,000', () => {
    const few = Math.min(...[1, 2, 3].map(() => msToDrain(10_000)))
    const many = Math.min(...[1, 2, 3].map(() => msToDrain(200_000)))
    assert.ok(many < 20 * 6 * few + 5, `${many} ms against ${few} ms`)
  })

  it('puts back 64 of 200,000 in about the time of 64 of 1,000', () => {
    const few = Math.min(...[1, 2, 3].map(() => msToPutBack(1_000)))
    const many = Math.min(...[1, 2, 3].map(() => msToPutBack(200_000)))
    assert.ok(many < 6 * few + 5, `${many} ms against ${few} ms`)
  })
})

/** Takes 64 out and puts them back, 200 times. */
function msToPutBack(count: number): number {
  const fifo = fifoOf(count)
  const began = performance.now()
  for (let round = 0; round < 200; round++) {
    const taken: number[] = []
    for (let n = 0; n < 64; n++) taken.push(fifo.shift() ?? 0)
    fifo.putBack(taken)
  }
  return performance.now() - began
}

function fifoOf(count: number): Fifo<number> {
  const fifo = new Fifo<number>()
  for (let item = 0; item < count; item++) fifo.push(item)
  return fifo
}

function msToDrain(count: number): number {
  const fifo = fifoOf(count)
  const began = performance.now()
  while (fifo.shift() !== undefined);
  return performance.now() - began
}
