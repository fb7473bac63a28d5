import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { seededRandom } from '../conformance/seeded-random.ts'
import { type Digest, digestOf } from '../core/digest.ts'
import { ContentCache } from './content-cache.ts'

function content(seed: number, size: number): { digest: Digest; bytes: Uint8Array } {
  const bytes = new Uint8Array(size).fill(seed)
  return { digest: digestOf(Uint8Array.of(seed)), bytes }
}

/** Bytes that the cache can still give. */
function held(cache: ContentCache, size: number): number {
  let count = 0
  for (let seed = 0; seed < 256; seed++) if (cache.get(content(seed, 0).digest) !== undefined) count++
  return count * size
}

describe('the content cache', () => {
  it('gives what was put, the same array', () => {
    const cache = new ContentCache(1000)
    const { digest, bytes } = content(1, 100)
    assert.equal(cache.get(digest), undefined)
    cache.put(digest, bytes)
    assert.equal(cache.get(digest), bytes)
  })

  it('holds at most its capacity, and at least half of it', () => {
    const random = seededRandom('cache')
    for (const size of [10, 90, 250]) {
      const cache = new ContentCache(1000)
      for (let n = 0; n < 500; n++) {
        const { digest, bytes } = content(random.integer(0, 255), size)
        cache.put(digest, bytes)
        if (random.fraction() < 0.3) cache.get(content(random.integer(0, 255), size).digest)
      }
      const bytes = held(cache, size)
      assert.ok(bytes <= 1000, `${bytes} bytes of pieces of ${size}`)
      assert.ok(bytes >= 500 - size, `${bytes} bytes of pieces of ${size}`)
    }
  })

  it('keeps what is used again and again', () => {
    const cache = new ContentCache(1000)
    const favourite = content(0, 50)
    cache.put(favourite.digest, favourite.bytes)
    for (let seed = 1; seed < 256; seed++) {
      const { digest, bytes } = content(seed, 50)
      cache.put(digest, bytes)
      assert.equal(cache.get(favourite.digest), favourite.bytes)
    }
  })

  it('does not keep content of more than a quarter of its capacity, nor anything if it has none', () => {
    const cache = new ContentCache(1000)
    const [fits, large] = [content(1, 250), content(2, 251)]
    cache.put(fits.digest, fits.bytes)
    cache.put(large.digest, large.bytes)
    assert.deepEqual([cache.get(fits.digest), cache.get(large.digest)], [fits.bytes, undefined])
    const none = new ContentCache(0)
    none.put(fits.digest, fits.bytes)
    assert.equal(none.get(fits.digest), undefined)
  })
})
