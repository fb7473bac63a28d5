import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { concatBytes, uint64, utf8 } from '../core/bytes.ts'
import { freshSeed, seededRandom } from '../testing/seeded-random.ts'
import { checkBytes, checkedValue, withCheck } from './checked-value.ts'

const group = utf8('d/x')
const item = utf8('name')
const value = utf8('{"k":"f"}')
const revision = 5 * 2 ** 43 + 7

describe('a value with its check', () => {
  it('is given back under the key that it was written under, and under no other', () => {
    const stored = withCheck({ group, item }, value)
    assert.equal(stored.length, value.length + checkBytes)
    assert.deepEqual(Buffer.from(checkedValue({ group, item }, revision, stored) ?? []), Buffer.from(value))
    assert.equal(checkedValue({ group, item: utf8('other') }, revision, stored), undefined)
    assert.equal(checkedValue({ group: utf8('d/xn'), item: utf8('ame') }, revision, stored), undefined)
  })

  it('is the one that existing stores hold', () => {
    assert.equal(Buffer.from(withCheck({ group, item }, value)).toString('hex'), '7b226b223a2266227dffffeaf45702')
    assert.equal(Buffer.from(withCheck({ group, item, revisionAt: 2 }, value)).toString('hex'), '7b226b223a2266227d000209fcf758')
  })

  it('knows a key whose revision was put into it, and compares that', () => {
    for (const revisionAt of [0, 2, item.length]) {
      const stored = withCheck({ group, item, revisionAt }, value)
      const filled = concatBytes(item.subarray(0, revisionAt), uint64(revision), item.subarray(revisionAt))
      assert.deepEqual(Buffer.from(checkedValue({ group, item: filled }, revision, stored) ?? []), Buffer.from(value))
      assert.equal(checkedValue({ group, item: filled }, revision + 1, stored), undefined)
      assert.equal(checkedValue({ group, item }, revision, stored), undefined)
    }
  })

  it('is refused after any one flipped bit, and when it is too short', () => {
    const random = seededRandom(freshSeed())
    for (const size of [0, 1, 200]) {
      const long = random.bytes(size)
      const stored = withCheck({ group, item }, long)
      for (let bit = 0; bit < 8 * stored.length; bit++) {
        const flipped = Buffer.from(stored)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        assert.equal(checkedValue({ group, item }, revision, flipped), undefined, `bit ${bit} of ${size} bytes`)
      }
    }
    for (let size = 0; size < checkBytes; size++)
      assert.equal(checkedValue({ group, item }, revision, new Uint8Array(size)), undefined)
  })
})
