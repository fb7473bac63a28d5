import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'vitest'
import { seededRandom } from '../conformance/seeded-random.ts'
import { DigestStream, digestHex, digestKeyBytes, digestOf, isDigest } from './digest.ts'

describe('a digest', () => {
  it('is what sha256sum prints', () => {
    const random = seededRandom('digest')
    for (const size of [0, 1, 63, 64, 65, 100_000]) {
      const bytes = random.bytes(size)
      const printed = execFileSync('sha256sum', { input: bytes, encoding: 'utf8' }).slice(0, 64)
      assert.equal(digestOf(bytes), `sha256:${printed}`)
      assert.equal(digestHex(digestOf(bytes)), printed)
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
