// Guards: packages/bench/src/runner/measure-workload.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { seededRandom } from '../statistics/seeded-random.ts'
import { roundOrders } from './measure-workload.ts'

describe('roundOrders', () => {
  const items = ['a', 'b', 'c', 'd']

  it('gives everybody each position equally often', () => {
    const orders = roundOrders(items, seededRandom('orders'))
    const positions = new Map<string, number>()
    for (let round = 0; round < 40; round++) {
      for (const [position, item] of orders.next().value.entries()) {
        positions.set(`${item}${position}`, (positions.get(`${item}${position}`) ?? 0) + 1)
      }
    }
    assert.deepEqual([...positions.values()], Array(16).fill(10))
  })

  it('is random, and the same for the same seed', () => {
    const first = (seed: string) => {
      const orders = roundOrders(items, seededRandom(seed))
      return Array.from({ length: 8 }, () => orders.next().value.join(''))
    }
    assert.deepEqual(first('a'), first('a'))
    assert.notDeepEqual(first('a'), first('b'))
    assert.ok(new Set(first('a')).size > 4)
  })

  it('of nothing is nothing', () => assert.deepEqual(roundOrders([], seededRandom('x')).next().value, []))
})
