import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { seededRandom } from '../testing/seeded-random.ts'
import { utf8 } from './bytes.ts'
import { DigestStream, digestHex, digestKeyBytes, digestOf, isDigest } from './digest.ts'

describe('a digest', () => {
  it('is the SHA-256 of the bytes, as the examples of its standard have it', () => {
    const examples: readonly [string, string][] = [
      ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
      ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
    ]
    for (const [text, hex] of examples) {
      assert.equal(digestOf(utf8(text)), `sha256:${hex}`)
      assert.equal(digestHex(digestOf(utf8(text))), hex)
    }
  })

  it('is the same in pieces', () => {
    const bytes = seededRandom('pieces').bytes(10_000)
    for (const piece of [1, 7, 64, 9999, 10_000]) {
      const stream = new DigestStream()
      for (let start = 0; start < bytes.length; start += piece) stream.update(bytes.subarray(start, start + piece))
      assert.equal(stream.digest(), digestOf(bytes))
    }
    assert.equal(new DigestStream().digest(), digestOf(new Uint8Array(0)))
  })

  it('of a part of a larger buffer is that of the part', () => {
    const whole = seededRandom('part').bytes(1000)
    assert.equal(digestOf(whole.subarray(10, 20)), digestOf(whole.slice(10, 20)))
  })

  it('is told from what is none', () => {
    const good = digestOf(new Uint8Array(0))
    assert.ok(isDigest(good))
    const bad = [
      '',
      'sha256:',
      good.toUpperCase(),
      good.slice(0, -1),
      `${good}0`,
      ` ${good}`,
      `${good}\n`,
      good.replace('sha256', 'md5'),
      7,
      null,
      undefined,
      {},
    ]
    for (const each of bad) assert.equal(isDigest(each), false, String(each))
  })

  it('in a key is one byte for the algorithm and the hash', () => {
    const key = digestKeyBytes(digestOf(new Uint8Array(0)))
    assert.equal(key.length, 33)
    assert.equal(Buffer.from(key).toString('hex'), '01e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
})
