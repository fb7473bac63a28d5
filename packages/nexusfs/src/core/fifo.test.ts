import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { Fifo } from './fifo.ts'

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

  it('keeps its order over any number of steps', () => {
    const fifo = new Fifo<number>()
    let next = 0
    let due = 0
    for (let round = 0; round < 300; round++) {
      for (let n = 0; n < 50; n++) fifo.push(next++)
      for (let n = 0; n < 45; n++) assert.equal(fifo.shift(), due++)
    }
    while (fifo.size > 0) assert.equal(fifo.shift(), due++)
    assert.equal(due, next)
  })

  it('takes 200,000 out in about 20 times the time of 10,000', () => {
    const few = Math.min(...[1, 2, 3].map(() => msToDrain(10_000)))
    const many = Math.min(...[1, 2, 3].map(() => msToDrain(200_000)))
    assert.ok(many < 20 * 6 * few + 5, `${many} ms against ${few} ms`)
  })
})

function msToDrain(count: number): number {
  const fifo = new Fifo<number>()
  for (let item = 0; item < count; item++) fifo.push(item)
  const began = performance.now()
  while (fifo.shift() !== undefined);
  return performance.now() - began
}
