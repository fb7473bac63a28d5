import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { type Digest, digestOf } from '../core/digest.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { ContentCache } from './content-cache.ts'

const capacity = 1_000_000

function content(seed: number, size: number): { digest: Digest; bytes: Uint8Array } {
  const bytes = new Uint8Array(size).fill(seed)
  return { digest: digestOf(Uint8Array.of(seed, seed >> 8)), bytes }
}

/** Contents that the cache can still give. */
function held(cache: ContentCache, seeds: number): number {
  let count = 0
  for (let seed = 0; seed < seeds; seed++) if (cache.get(content(seed, 0).digest) !== undefined) count++
  return count
}

describe('the content cache', () => {
  it('gives what was put', () => {
    for (const size of [1, 129, 4096, 4097, 100_000]) {
      const cache = new ContentCache(capacity)
      const { digest, bytes } = content(1, size)
      assert.equal(cache.get(digest), undefined)
      cache.put(digest, bytes)
      assert.deepEqual(cache.get(digest), bytes)
    }
  })

  it('holds contents of at most its capacity, and of nearly half of it where they are not tiny', () => {
    const random = seededRandom('cache')
    for (const size of [1000, 4000, 9000, 90_000, 250_000]) {
      const cache = new ContentCache(capacity)
      const seeds = Math.ceil((3 * capacity) / size)
      for (let n = 0; n < 5 * seeds; n++) {
        const { digest, bytes } = content(random.integer(0, seeds - 1), size)
        cache.put(digest, bytes)
        if (random.fraction() < 0.3) cache.get(content(random.integer(0, seeds - 1), size).digest)
      }
      const bytes = held(cache, seeds) * size
      assert.ok(bytes <= capacity, `${bytes} bytes of pieces of ${size}`)
      assert.ok(bytes >= 0.7 * (capacity / 2) - size, `${bytes} bytes of pieces of ${size}`)
    }
  })

  it('does not keep a large buffer alive for a small part of it', () => {
    for (const size of [200, 5000]) {
      const cache = new ContentCache(capacity)
      const { digest } = content(1, size)
      const shared = new Uint8Array(1_000_000).fill(7)
      cache.put(digest, shared.subarray(1000, 1000 + size))
      const kept = cache.get(digest)
      assert.deepEqual(kept, new Uint8Array(size).fill(7))
      assert.ok(kept !== undefined && kept.buffer.byteLength <= 65_536)
    }
  })

  it('keeps what is used again and again', () => {
    for (const size of [50, 50_000]) {
      const cache = new ContentCache(capacity)
      const favourite = content(0, size)
      cache.put(favourite.digest, favourite.bytes)
      for (let seed = 1; seed < 20_000; seed++) {
        const { digest, bytes } = content(seed, size)
        cache.put(digest, bytes)
        assert.equal(cache.get(favourite.digest)?.length, size)
      }
    }
  })

  it('does not keep content of more than a quarter of its capacity, nor anything if it has none', () => {
    const cache = new ContentCache(capacity)
    const [fits, large] = [content(1, 250_000), content(2, 250_001)]
    cache.put(fits.digest, fits.bytes)
    cache.put(large.digest, large.bytes)
    assert.deepEqual([cache.get(fits.digest), cache.get(large.digest)], [fits.bytes, undefined])
    for (const nothing of [0, 1, 100]) {
      const none = new ContentCache(nothing)
      none.put(fits.digest, fits.bytes)
      none.put(content(3, 20).digest, content(3, 20).bytes)
      assert.deepEqual([none.get(fits.digest), none.get(content(3, 20).digest)], [undefined, undefined])
    }
  })

  it('of 40 MB makes its process grow by at most 60 MB, whatever the size of the contents', { timeout: 120_000 }, () => {
    const program = join(import.meta.dirname, 'content-cache.test-fixture.ts')
    for (const size of [200, 1000, 9000]) {
      const grown = (cacheBytes: number): number =>
        Number(execFileSync(process.execPath, ['--expose-gc', '--conditions=nexus-source', program, `${cacheBytes}`, `${size}`]))
      // What the allocator has not given back yet differs by 10 MB from process to process, always upwards: the least counts.
      const leastGrown = (cacheBytes: number): number => Math.min(...[1, 2, 3].map(() => grown(cacheBytes)))
      const held = leastGrown(40e6) - leastGrown(0)
      assert.ok(held <= 60e6, `contents of ${size} bytes: ${held} bytes`)
      assert.ok(held >= 15e6, `contents of ${size} bytes: ${held} bytes, so that nothing was measured`)
    }
  })
})
