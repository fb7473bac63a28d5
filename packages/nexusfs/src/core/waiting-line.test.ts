import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { WaitingLine } from './waiting-line.ts'

function lineOf(patienceMs: number): { readonly line: WaitingLine<number>; readonly givenUp: number[] } {
  const givenUp: number[] = []
  return { line: new WaitingLine<number>(patienceMs, (item) => givenUp.push(item)), givenUp }
}

describe('a waiting line', () => {
  it('serves first who came first, and those who were put back before them', () => {
    const { line } = lineOf(1_000)
    for (const item of [1, 2, 3, 4]) line.push(item)
    assert.deepEqual([line.shift(), line.shift(), line.first, line.size], [1, 2, 3, 2])
    line.putBack([1, 2])
    line.push(5)
    assert.deepEqual(
      [1, 2, 3, 4, 5, undefined],
      Array.from({ length: 6 }, () => line.shift()),
    )
    assert.equal(line.size, 0)
  })

  it('keeps its order over any number of steps', () => {
    const { line } = lineOf(1_000)
    let next = 0
    let due = 0
    for (let round = 0; round < 300; round++) {
      for (let n = 0; n < 50; n++) line.push(next++)
      for (let n = 0; n < 45; n++) assert.equal(line.shift(), due++)
    }
    while (line.size > 0) assert.equal(line.shift(), due++)
    assert.equal(due, next)
  })

  it('gives up who has waited while nothing moved, and nobody else', async () => {
    const { line, givenUp } = lineOf(100)
    line.push(1)
    line.push(2)
    await sleep(60)
    line.push(3)
    await sleep(70)
    assert.deepEqual(givenUp, [1, 2])
    line.shift()
    await sleep(120)
    assert.deepEqual(givenUp, [1, 2])
  })

  it('gives up nobody while it moves, however long they wait', async () => {
    const { line, givenUp } = lineOf(200)
    for (let item = 0; item < 100; item++) line.push(item)
    for (let n = 0; n < 50; n++) {
      line.shift()
      line.moved()
      await sleep(10)
    }
    assert.deepEqual(givenUp, [])
    while (line.shift() !== undefined);
  })

  it('gives up thousands, each once', async () => {
    const { line, givenUp } = lineOf(10)
    for (let item = 0; item < 5_000; item++) line.push(item)
    while (line.size > 0) await sleep(5)
    assert.deepEqual(
      givenUp,
      Array.from({ length: 5_000 }, (_, item) => item),
    )
  })

  it('takes 200,000 out in about 20 times the time of 10,000', () => {
    const few = Math.min(...[1, 2, 3].map(() => msToDrain(10_000)))
    const many = Math.min(...[1, 2, 3].map(() => msToDrain(200_000)))
    assert.ok(many < 20 * 6 * few + 5, `${many} ms against ${few} ms`)
  })
})

function msToDrain(count: number): number {
  const { line } = lineOf(60_000)
  for (let item = 0; item < count; item++) line.push(item)
  const began = performance.now()
  while (line.shift() !== undefined);
  return performance.now() - began
}
