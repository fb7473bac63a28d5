import assert from 'node:assert/strict'
import { createCipheriv, hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { digestOf } from '../core/digest.ts'
import { ChunkCutter, chunkingFor } from './fast-cdc.ts'

const { sizes } = chunkingFor(64 * 1024)

/** Bytes without a pattern, always the same: AES-128-CTR of zeros under the SHA-256 of the label. */
function bytesOf(label: string, size: number): Uint8Array {
  const secret = hash('sha256', label, 'buffer')
  const cipher = createCipheriv('aes-128-ctr', secret.subarray(0, 16), secret.subarray(16))
  return new Uint8Array(cipher.update(new Uint8Array(size)))
}

/** The lengths of the chunks of bytes that come in pieces. */
function lengthsOf(pieces: readonly Uint8Array[], cutter = new ChunkCutter(sizes)): number[] {
  const lengths: number[] = []
  let length = 0
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const cut = cutter.next(piece, from)
      length += (cut ?? piece.length) - from
      from = cut ?? piece.length
      if (cut === undefined) continue
      lengths.push(length)
      length = 0
    }
  }
  return length > 0 ? [...lengths, length] : lengths
}

function chunksOf(bytes: Uint8Array): Uint8Array[] {
  let at = 0
  return lengthsOf([bytes]).map((length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
}

describe('content-defined chunking', () => {
  it('cuts these bytes here, for ever: golden vectors', () => {
    const bytes = bytesOf('golden', 1_000_000)
    assert.deepEqual(lengthsOf([bytes]), golden)
    assert.deepEqual(lengthsOf([new Uint8Array(600_000)]), [262_144, 262_144, 75_712])
  })

  it('makes chunks of a quarter of the target at least, but for the last, and of four times of it at most', () => {
    for (const target of [64 * 1024, 256 * 1024]) {
      const { least, most } = chunkingFor(target).sizes
      const lengths = lengthsOf([bytesOf('sizes', 200 * target)], new ChunkCutter(chunkingFor(target).sizes))
      assert.ok(lengths.slice(0, -1).every((length) => length >= least && length <= most))
      const mean = (200 * target) / lengths.length
      assert.ok(mean > 0.7 * target && mean < 1.6 * target, `${mean} bytes on average`)
    }
  })

  it('cuts at the same places in whatever pieces the bytes come', () => {
    const bytes = bytesOf('pieces', 500_000)
    const whole = lengthsOf([bytes])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 }), (cuts) => {
        const ends = [...cuts, bytes.length].sort((a, b) => a - b)
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        assert.deepEqual(lengthsOf(pieces), whole)
      }),
      { numRuns: 50 },
    )
  })

  it('finds the old cuts again behind an insertion: most chunks stay the same', () => {
    const bytes = bytesOf('insertion', 3_000_000)
    const edited = new Uint8Array(bytes.length + 7)
    edited.set(bytes.subarray(0, 1_500_000))
    edited.set(bytes.subarray(1_500_000), 1_500_007)
    const before = new Set(chunksOf(bytes).map(digestOf))
    const fresh = chunksOf(edited).filter((chunk) => !before.has(digestOf(chunk)))
    assert.ok(fresh.length <= 3, `${fresh.length} of ${before.size} chunks are new`)
  })

  it('takes a target that nobody should ask for to the nearest that works', () => {
    const targets = [1, 0, -5, Number.NaN, 100_000, 2 ** 40].map((preferred) => chunkingFor(preferred).sizes.target)
    assert.deepEqual(targets, [65_536, 65_536, 65_536, 65_536, 131_072, 16_777_216])
    assert.equal(chunkingFor().wholeBytes, 8_388_608)
  })
})

const golden: readonly number[] = [
  57_526, 53_283, 77_122, 65_764, 77_254, 68_717, 113_631, 69_403, 73_729, 91_870, 68_718, 74_830, 89_675, 18_478,
]
