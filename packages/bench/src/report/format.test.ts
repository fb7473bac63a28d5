import assert from 'node:assert/strict'
import { it } from 'vitest'
import { formatCount, formatDuration, formatInterval, formatRatio } from './format.ts'

it('times have three digits and the unit that suits', () => {
  assert.deepEqual([42.4, 1234, 65_432, 970_000, 123_456_789, 2.5e9].map(formatDuration), [
    '42 ns',
    '1.23 µs',
    '65.4 µs',
    '970 µs',
    '123 ms',
    '2.50 s',
  ])
})

it('counts are grouped, small ones keep two decimals', () => {
  assert.deepEqual([1212.4, 3.05, 2, 0].map(formatCount), ['1,212', '3.05', '2', '0'])
})

it('ratios keep what can be told apart', () => {
  assert.deepEqual([0.0316, 0.487, 1.42, 14.04, 230].map(formatRatio), ['0.032x', '0.49x', '1.42x', '14.0x', '230x'])
  assert.equal(formatInterval({ low: 0.0912, high: 0.104 }), '[0.091, 0.10]')
})
