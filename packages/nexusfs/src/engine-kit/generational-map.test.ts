import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { freshSeed, seededRandom } from '../testing/seeded-random.ts'
import { GenerationalMap } from './generational-map.ts'

describe('GenerationalMap of a count', () => {
  it('keeps what is used, and forgets what is not', () => {
    const map = new GenerationalMap<number, string>(100)
    map.set(-1, 'used')
    map.set(-2, 'unused')
    for (let key = 0; key < 1000; key++) {
      map.set(key, String(key))
      assert.equal(map.get(-1), 'used')
    }
    assert.equal(map.get(-2), undefined)
    for (let key = 960; key < 1000; key++) assert.equal(map.get(key), String(key))
  })

  it('forgets what is deleted from either generation', () => {
    const map = new GenerationalMap<number, string>(4)
    for (const key of [1, 2, 3]) map.set(key, 'x')
    for (const key of [1, 2, 3]) map.delete(key)
    assert.deepEqual(
      [1, 2, 3].map((key) => map.get(key)),
      [undefined, undefined, undefined],
    )
  })

  it('gives the latest value of a key that lies in both generations', () => {
    const map = new GenerationalMap<number, string>(4)
    map.set(1, 'old')
    map.set(2, 'x')
    map.set(1, 'new')
    assert.equal(map.get(1), 'new')
  })
})

interface Sized {
  readonly bytes: number
  readonly id?: number
}

const value = (bytes: number): Sized => ({ bytes })
const bySize = (capacity: number) => new GenerationalMap<string, Sized>(capacity, ({ bytes }) => bytes)

describe('GenerationalMap of sizes', () => {
  it('keeps what is used while it forgets what is not', () => {
    const map = bySize(1_000)
    map.set('used', value(10))
    for (let index = 0; index < 1_000; index++) {
      map.set(`k${index}`, value(10))
      assert.ok(map.get('used') !== undefined, `after ${index} others`)
    }
    assert.equal(map.get('k0'), undefined)
  })

  it('holds no more than it may', () => {
    const map = bySize(1_000)
    for (let index = 0; index < 1_000; index++) map.set(`k${index}`, value(10))
    const kept = Array.from({ length: 1_000 }, (_, index) => map.get(`k${index}`)).filter((found) => found !== undefined)
    assert.ok(kept.length >= 50 && kept.length <= 100, `${kept.length} of 100`)
  })

  it('forgets a deleted key in either generation, and takes no value that fills it alone', () => {
    const map = bySize(100)
    map.set('old', value(30))
    map.set('young', value(30))
    map.set('large', value(51))
    assert.equal(map.get('large'), undefined)
    map.delete('old')
    map.delete('young')
    assert.deepEqual([map.get('old'), map.get('young')], [undefined, undefined])
  })

  it('never gives what was replaced or deleted, and never holds more than it may, whatever is put into it', () => {
    const seed = freshSeed()
    const random = seededRandom(seed)
    const below = (limit: number): number => Math.floor(random.fraction() * limit)
    for (const most of [0, 100, 1_000]) {
      const map = bySize(most)
      const model = new Map<string, { readonly bytes: number; readonly id: number }>()
      for (let id = 0; id < 20_000; id++) {
        const key = `k${below(30)}`
        // One in ten is larger than half of what the map may hold.
        const put = { bytes: below(10) === 0 ? most / 2 + below(most) : below(most / 10), id }
        const act = below(100)
        if (act < 40) model.set(key, put)
        if (act < 40) map.set(key, put)
        else if (act < 50) map.delete(key)
        else if (act === 50) map.clear()
        if (act >= 40 && act < 50) model.delete(key)
        if (act === 50) model.clear()
        const found = map.get(key)
        assert.ok(found === undefined || found === model.get(key), `seed ${seed}, step ${id}: ${key}`)
        if (id % 500 !== 0) continue
        // To look moves what is found, so that the sum is never above what the map holds.
        const held = [...model.keys()].map((each) => map.get(each)?.bytes ?? 0).reduce((sum, bytes) => sum + bytes, 0)
        assert.ok(held <= most, `seed ${seed}, step ${id}: ${held} of ${most}`)
      }
    }
  })

  it('counts a replaced value once', () => {
    const map = bySize(100)
    map.set('other', value(1))
    for (let index = 0; index < 100; index++) map.set('same', value(40))
    assert.ok(map.get('other') !== undefined)
  })
})
