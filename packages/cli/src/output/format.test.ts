import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { alignColumns } from './columns.ts'
import { count, formatBytes, formatMinutes, formatMode, formatTime } from './format.ts'
import { printable, quotedName } from './printable.ts'

describe('formatBytes', () => {
  it('uses the unit that leaves one to four digits', () => {
    const cases: readonly [number, string][] = [
      [0, '0 B'],
      [1023, '1023 B'],
      [1024, '1.0 KiB'],
      [102_400, '100 KiB'],
      [1_048_575, '1.0 MiB'],
      [1_048_576, '1.0 MiB'],
      [5_368_709_120, '5.0 GiB'],
      [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
    ]
    for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text)
  })
})

describe('formatTime', () => {
  it('has a fixed width, sorts as text, and says the zone', () => {
    assert.match(formatTime(new Date(2026, 0, 2, 3, 4)), /^2026-01-02 03:04 [+-]\d{4}$/)
  })
})

describe('formatMinutes', () => {
  it('never runs below zero', () => {
    assert.deepEqual([65_000, 59_400, -5].map(formatMinutes), ['1:05', '0:59', '0:00'])
  })
})

describe('formatMode', () => {
  it('writes kind and mode as ls does', () => {
    const cases = [
      ['file', 0o644, '-rw-r--r--'],
      ['file', 0o4755, '-rwsr-xr-x'],
      ['file', 0o2644, '-rw-r-Sr--'],
      ['directory', 0o1777, 'drwxrwxrwt'],
      ['directory', 0o1000, 'd--------T'],
      ['link', 0o777, 'lrwxrwxrwx'],
    ] as const
    for (const [kind, mode, text] of cases) assert.equal(formatMode({ kind, mode }), text)
  })
})

describe('count', () => {
  it('agrees in number', () => {
    assert.equal(count(1, 'file'), '1 file')
    assert.equal(count(0, 'directory', 'directories'), '0 directories')
    assert.equal(count(12_345, 'file'), '12,345 files')
  })
})

describe('alignColumns', () => {
  it('pads to the widest cell and leaves the last one alone', () => {
    const rows = [
      ['a', '5', 'x'],
      ['bbb', '1000', 'long name'],
    ]
    assert.deepEqual(alignColumns(rows, ['left', 'right', 'left']), ['a       5  x', 'bbb  1000  long name'])
    assert.deepEqual(alignColumns([], ['left']), [])
  })

  it('pads the last cell too where it is aligned to the right', () => {
    assert.deepEqual(
      alignColumns(
        [
          ['a', '5'],
          ['b', '1000'],
        ],
        ['left', 'right'],
      ),
      ['a     5', 'b  1000'],
    )
  })

  it('counts no colours', () => {
    assert.deepEqual(
      alignColumns(
        [
          ['\u001b[32mab\u001b[39m', 'x'],
          ['abc', 'x'],
        ],
        ['left', 'left'],
      ),
      ['\u001b[32mab\u001b[39m   x', 'abc  x'],
    )
  })

  it('counts characters, not code units', () => {
    assert.deepEqual(
      alignColumns(
        [
          ['👩', 'x'],
          ['ab', 'x'],
        ],
        ['left', 'left'],
      ),
      ['👩   x', 'ab  x'],
    )
  })
})

describe('printable', () => {
  it('spells out what could break a line or command a terminal', () => {
    assert.equal(printable('a\nb\tc\r\u001b[2Jd\u0000\u2028\u202e'), 'a\\nb\\tc\\r\\u001b[2Jd\\u0000\\u2028\\u202e')
    assert.equal(printable('Übung – 日本 👩‍🔬'), 'Übung – 日本 👩‍🔬')
  })
})

describe('quotedName', () => {
  it('leaves a plain name as it is', () => {
    for (const name of ['a.txt', 'Übung – 日本 👩‍🔬', "it's", 'a b', '$HOME', '-rf']) assert.equal(quotedName(name), name)
  })

  it('gives no two names the same line', () => {
    const names = ['a\nb', 'a\\nb', '"a\\nb"', 'a\u001b', 'a\\u001b', 'a"b', 'a\\"b']
    const shown = names.map(quotedName)
    assert.deepEqual(shown.slice(0, 3), ['"a\\nb"', '"a\\\\nb"', '"\\"a\\\\nb\\""'])
    assert.equal(new Set(shown).size, names.length)
    for (const text of shown) assert.doesNotMatch(text, /\p{Cc}/u)
  })
})
