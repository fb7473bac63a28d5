import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { compareBytes, utf8 } from '../../core/bytes.ts'
import { keyText } from '../../metadata/keyspace.ts'
import { freshSeed, seededRandom } from '../../testing/seeded-random.ts'
import { openDatabase } from './driver.ts'
import { checkedRow, checksumOf, itemOfStoredKey, storedKey, storedRange } from './stored-row.ts'

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

describe('a stored key', () => {
  it('is the length of the group, the group and the item', () => {
    const key = { group: bytes(0x64, 0x00, 0xff), item: bytes(0x61, 0x80) }
    assert.deepEqual(bytes(...storedKey(keyText(key))), bytes(3, 0x64, 0x00, 0xff, 0x61, 0x80))
  })

  it('gives its item back, whatever the length of its group, and two keys never share one', () => {
    const all = new Set<string>()
    for (const length of [0, 1, 254, 255, 256, 300, 511]) {
      for (const itemLength of [0, 1, 2]) {
        const key = { group: new Uint8Array(length).fill(0xff), item: new Uint8Array(itemLength).fill(0xff) }
        const stored = storedKey(keyText(key))
        assert.deepEqual(bytes(...itemOfStoredKey(stored, length)), key.item)
        all.add(Buffer.from(stored).toString('hex'))
      }
    }
    assert.equal(all.size, 21)
  })

  it('sorts in SQLite as the bytes of the items do, whatever they are', () => {
    const seed = freshSeed()
    const random = seededRandom(seed)
    const items = Array.from({ length: 500 }, () => random.bytes(Math.floor(random.fraction() * 6)))
    const database = openDatabase(':memory:')
    for (const group of [random.bytes(2), bytes(), bytes(0xff), new Uint8Array(300).fill(0xff)]) {
      database.exec('CREATE TABLE entries (k BLOB PRIMARY KEY) WITHOUT ROWID, STRICT')
      const insert = database.prepare('INSERT OR IGNORE INTO entries VALUES (?)')
      for (const item of items) insert.run(storedKey(keyText({ group, item })))
      for (const other of [bytes(0xfe), new Uint8Array(299).fill(0xff)])
        insert.run(storedKey(keyText({ group: other, item: bytes() })))
      const { low, high } = storedRange({ group })
      const rows = database.prepare('SELECT k FROM entries WHERE k >= ? AND k < ? ORDER BY k').all(low, high)
      const found = rows.map(([k]) => k instanceof Uint8Array && Buffer.from(itemOfStoredKey(k, group.length)).toString('hex'))
      const expected = [...items].sort(compareBytes).map((item) => Buffer.from(item).toString('hex'))
      assert.deepEqual(found, [...new Set(expected)], `seed ${seed}`)
      database.exec('DROP TABLE entries')
    }
    database.close()
  })
})

describe('the checksum of a row', () => {
  const key = storedKey(keyText({ group: utf8('d/x'), item: utf8('name') }))
  const value = utf8('{"k":"f"}')

  it('is the one that existing databases hold', () => {
    assert.equal(checksumOf(key, 7, value), 3_079_956_076)
    assert.equal(checksumOf(key, 5 * 2 ** 43 + 7, value), 3_079_949_932)
  })

  it('changes with each bit of key, revision and value', () => {
    const revision = 5 * 2 ** 43 + 12_345
    const checksum = checksumOf(key, revision, value)
    assert.deepEqual(checkedRow(key, revision, value, checksum), { revision, value })
    for (let bit = 0; bit < 53; bit++) {
      const flipped = Number(BigInt(revision) ^ (1n << BigInt(bit)))
      assert.throws(() => checkedRow(key, flipped, value, checksum), { code: 'Corrupt' }, `bit ${bit} of the revision`)
    }
    for (let bit = 0; bit < value.length * 8; bit++) {
      assert.throws(() => checkedRow(key, revision, flip(value, bit), checksum), { code: 'Corrupt' })
    }
    for (let bit = 0; bit < key.length * 8; bit++) {
      assert.throws(() => checkedRow(flip(key, bit), revision, value, checksum), { code: 'Corrupt' })
    }
  })

  it('refuses what is no revision or no value at all', () => {
    for (const [r, v] of [
      [-1, value],
      ['1', value],
      [1.5, value],
      [null, value],
      [1, 'text'],
      [1, null],
    ]) {
      assert.throws(() => checkedRow(key, r, v, 0), { code: 'Corrupt' })
    }
  })
})

function flip(before: Uint8Array, bit: number): Uint8Array {
  const after = Uint8Array.from(before)
  after[bit >>> 3] = (after[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
  return after
}
