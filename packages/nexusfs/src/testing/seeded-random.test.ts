import assert from 'node:assert/strict'
import { test } from 'vitest'
import { toHex } from '../core/bytes.ts'
import { seededRandom } from './seeded-random.ts'

test('a seed gives the same numbers on every machine', () => {
  const random = seededRandom(42, 'put-size')
  assert.equal(toHex(random.bytes(8)), 'd501998546415680')
  assert.equal(random.integer(0, 1_000_000), 81_853)
})

test('every part of the seed changes the numbers', () => {
  const first = [seededRandom(1, 'a'), seededRandom(2, 'a'), seededRandom(1, 'b'), seededRandom(12), seededRandom(1, 2)]
  assert.equal(new Set(first.map((random) => random.fraction())).size, first.length)
})

test('integers reach both ends and nothing beyond', () => {
  const random = seededRandom(7)
  const drawn = new Set(Array.from({ length: 1_000 }, () => random.integer(3, 6)))
  assert.deepEqual([...drawn].sort(), [3, 4, 5, 6])
})

test('a shuffled list has the same items', () => {
  const items = Array.from({ length: 50 }, (_, at) => at)
  const shuffled = seededRandom(7).shuffle(items)
  assert.notDeepEqual(shuffled, items)
  assert.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    items,
  )
})
