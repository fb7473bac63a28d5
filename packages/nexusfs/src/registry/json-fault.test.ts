import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { jsonFault, locationInText } from './json-fault.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('jsonFault', () => {
  it('finds the first character that cannot stand where it stands', () => {
    const cases: readonly [string, number][] = [
      ['', 0],
      ['{"password":hunter2}', 12],
      ['{"a":1,}', 7],
      ['[1 2]', 3],
      ['{"a" 1}', 5],
      ['{"a":"\n"}', 5],
      ['{"a":1', 6],
      ['{} x', 3],
      ['01', 1],
    ]
    for (const [text, position] of cases) assert.equal(jsonFault(text), position, text)
  })

  it('agrees with the parser about what is JSON', () => {
    const nearlyJson = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', ',', '}', ']', '\\', '0', 'e', ' '))
      .map(([text, at, part]) => {
        const position = at % (text.length + 1)
        return text.slice(0, position) + part + text.slice(position + 1)
      })
    fc.assert(
      fc.property(nearlyJson, (text) => (jsonFault(text) === undefined) === isJson(text)),
      { numRuns: 2000 },
    )
    fc.assert(fc.property(fc.json(), (text) => jsonFault(text) === undefined))
  })
})

describe('locationInText', () => {
  it('counts lines and columns from 1', () => {
    assert.equal(locationInText('ab\ncd', 0), 'line 1, column 1')
    assert.equal(locationInText('ab\ncd', 4), 'line 2, column 2')
  })
})
