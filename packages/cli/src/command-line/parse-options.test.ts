import assert from 'node:assert/strict'
import { it } from 'vitest'
import { collectList, parseByteRange, parseCount, parseDuration } from './parse-options.ts'

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

it('ranges are those of HTTP', () => {
  assert.deepEqual(['0-99', '7-7', '100-', '-100'].map(parseByteRange), [
    { start: 0, length: 100 },
    { start: 7, length: 1 },
    { start: 100 },
    { last: 100 },
  ])
  const wrong = ['', '-', '-0', '5', '9-0', '0-1,3-4', 'bytes=0-1', '0-x', '1.5-2', '--1', ' 0-1', '0-99999999999999999']
  for (const text of wrong) assert.throws(() => parseByteRange(text), /write it as 0-99, 100- or -100/, text)
})
