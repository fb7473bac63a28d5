import assert from 'node:assert/strict'
import { it } from 'vitest'
import { collectList, parseCount, parseDuration } from './parse-options.ts'

it('durations have a unit, or are seconds', () => {
  assert.deepEqual(['100s', '10m', '1.5h', '250ms', '20'].map(parseDuration), [100_000, 600_000, 5_400_000, 250, 20_000])
  for (const text of ['soon', '0s', '-1s', '1d', '']) assert.throws(() => parseDuration(text), /write it as 100s or 10m/, text)
})

it('counts are whole, and within their limit', () => {
  assert.equal(parseCount(10)('10'), 10)
  for (const text of ['0', '11', '1.5', 'x', '', '1e1']) assert.throws(() => parseCount(10)(text), /from 1 to 10$/, text)
})

it('lists grow with each option', () => {
  assert.deepEqual(collectList('c,,d', collectList('a,b')), ['a', 'b', 'c', 'd'])
})
