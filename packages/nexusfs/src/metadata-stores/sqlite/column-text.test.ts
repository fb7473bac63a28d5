import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { freshSeed, seededRandom } from '../../conformance/seeded-random.ts'
import { compareBytes, uint64 } from '../../core/bytes.ts'
import { keyText } from '../../metadata/key-text.ts'
import { groupText, itemOfColumn, lastRevisionColumn, rangeTexts, revisionText, storedValue, textBytes } from './column-text.ts'
import { openDatabase } from './driver.ts'

describe('the text of a key', () => {
  it('is the one that existing databases hold', () => {
    const key = { group: Uint8Array.of(0x64, 0x00, 0xff), item: Uint8Array.of(0x61, 0x80) }
    assert.equal(keyText(key), '\u0003d\u0000\u00ffa\u0080')
    assert.equal(groupText(key.group), '\u0003d\u0000\u00ff')
    assert.equal(lastRevisionColumn, '\u0001l\u0100')
    assert.deepEqual(itemOfColumn(keyText(key), 3), key.item)
  })

  it('sorts in SQLite as the bytes of the items do, whatever they are', () => {
    const seed = freshSeed()
    const random = seededRandom(seed)
    const items = Array.from({ length: 500 }, () => random.bytes(Math.floor(random.fraction() * 6)))
    const group = random.bytes(2)
    const database = openDatabase(':memory:')
    database.exec('CREATE TABLE entries (k TEXT PRIMARY KEY) WITHOUT ROWID, STRICT')
    const insert = database.prepare('INSERT OR IGNORE INTO entries VALUES (?)')
    for (const item of items) insert.run(keyText({ group, item }))
    const { low, high } = rangeTexts({ group })
    const rows = database.prepare('SELECT k FROM entries WHERE k >= ? AND k < ? ORDER BY k').all(low, high)
    const found = rows.map(([k]) => Buffer.from(itemOfColumn(String(k), group.length)).toString('hex'))
    const expected = [...items].sort(compareBytes).map((item) => Buffer.from(item).toString('hex'))
    assert.deepEqual(found, [...new Set(expected)], `seed ${seed}`)
    database.close()
  })

  it('of the row of the last revision lies outside every range', () => {
    for (const range of [rangeTexts({ group: Uint8Array.of(0x6c) }), rangeTexts({ group: Uint8Array.of(0x6d) })]) {
      assert.ok(lastRevisionColumn >= range.high || lastRevisionColumn < range.low)
    }
  })
})

describe('revisionText', () => {
  it('has the characters of the eight bytes, big-endian', () => {
    for (const revision of [0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, 3 * 2 ** 43 + 7, 2 ** 53 - 1]) {
      assert.deepEqual(textBytes(revisionText(revision)), uint64(revision))
    }
  })
})

describe('storedValue', () => {
  it('makes text of what fits beside a key as UTF-8, and leaves what is larger as bytes', () => {
    assert.equal(typeof storedValue(new Uint8Array(800).fill(0x61)), 'string')
    assert.equal(typeof storedValue(new Uint8Array(801).fill(0x61)), 'object')
    assert.equal(typeof storedValue(new Uint8Array(400).fill(0xe9)), 'string')
    assert.equal(typeof storedValue(new Uint8Array(401).fill(0xe9)), 'object')
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const stored = storedValue(bytes)
    assert.deepEqual(typeof stored === 'string' ? textBytes(stored) : stored, bytes)
  })
})
