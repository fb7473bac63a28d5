import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import {
  binaryText,
  compareBytes,
  concatBytes,
  copyBytes,
  equalBytes,
  fromBinaryText,
  fromHex,
  fromUtf8,
  prefixEnd,
  readUint64,
  startsWithBytes,
  toHex,
  uint64,
  utf8,
} from './bytes.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const number = fc.oneof(fc.maxSafeNat(), fc.nat(1000), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, 2 ** 43, Number.MAX_SAFE_INTEGER))

describe('numbers in keys', () => {
  it('come back as they were, and are ordered as their bytes', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        assert.equal(readUint64(uint64(a)), a)
        assert.equal(compareBytes(uint64(a), uint64(b)), Math.sign(a - b))
        assert.equal(Buffer.from(uint64(a)).readBigUInt64BE(), BigInt(a))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('bytes as text', () => {
  it('come back as they were, and keep their order', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        assert.deepEqual(fromBinaryText(binaryText(a)), a)
        assert.deepEqual(fromHex(toHex(a)), a)
        const [left, right] = [binaryText(a), binaryText(b)]
        assert.equal(left < right ? -1 : left > right ? 1 : 0, compareBytes(a, b))
      }),
    )
  })

  it('in UTF-8 come back as they were, a byte order mark too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        assert.equal(fromUtf8(utf8(text.toWellFormed())), text.toWellFormed()),
      ),
    )
    assert.equal(fromUtf8(utf8('\ufeffx')), '\ufeffx')
    assert.throws(() => fromUtf8(Uint8Array.of(0xff)), TypeError)
    assert.throws(() => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), TypeError)
  })
})

describe('parts of bytes', () => {
  it('are put together and compared', () => {
    fc.assert(
      fc.property(fc.array(bytes), bytes, (parts, other) => {
        const whole = concatBytes(...parts)
        assert.deepEqual(Buffer.from(whole), Buffer.concat(parts))
        assert.equal(equalBytes(whole, other), Buffer.from(whole).equals(other))
        assert.ok(parts[0] === undefined || startsWithBytes(whole, parts[0]))
        assert.equal(startsWithBytes(other, whole), toHex(other).startsWith(toHex(whole)))
      }),
    )
  })

  it('the end of a prefix is above all that begins with it, and below all else above it', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (prefix, rest, other) => {
        const end = prefixEnd(prefix)
        const inside = concatBytes(prefix, rest)
        assert.ok(end === undefined || compareBytes(inside, end) < 0)
        if (end === undefined || startsWithBytes(other, prefix) || compareBytes(other, prefix) < 0) return
        assert.ok(compareBytes(other, end) >= 0)
      }),
      { numRuns: 5000 },
    )
    assert.equal(prefixEnd(new Uint8Array(0)), undefined)
    assert.equal(prefixEnd(Uint8Array.of(0xff, 0xff)), undefined)
    assert.deepEqual(prefixEnd(Uint8Array.of(1, 0xff)), Uint8Array.of(2))
  })

  it('that were copied do not change with the original, nor with each other', () => {
    for (const size of [0, 1, 100, 4095, 4096, 100_000]) {
      const original = new Uint8Array(size).fill(1)
      const [one, two] = [copyBytes(original), copyBytes(original)]
      original.fill(2)
      two.fill(3)
      assert.deepEqual(one, new Uint8Array(size).fill(1))
    }
  })
})
