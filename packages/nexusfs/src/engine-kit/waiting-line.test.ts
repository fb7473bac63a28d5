import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { WaitingLine } from './waiting-line.ts'

function lineOf(patienceMs: number): { readonly line: WaitingLine<number>; readonly givenUp: number[] } {
  const givenUp: number[] = []
  return { line: new WaitingLine<number>(patienceMs, (item) => givenUp.push(item)), givenUp }
}

describe('a waiting line', () => {
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
})
