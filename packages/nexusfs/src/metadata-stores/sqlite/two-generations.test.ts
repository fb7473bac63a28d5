import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { freshSeed, seededRandom } from '../../testing/seeded-random.ts'
import { TwoGenerations } from './two-generations.ts'

const value = (bytes: number): { readonly bytes: number } => ({ bytes })

describe('TwoGenerations', () => {
  it('keeps what is used while it forgets what is not', () => {
    const map = new TwoGenerations(1_000)
    map.set('used', value(10))
    for (let index = 0; index < 1_000; index++) {
      map.set(`k${index}`, value(10))
      assert.ok(map.get('used') !== undefined, `after ${index} others`)
    }
    assert.equal(map.get('k0'), undefined)
  })

  it('holds no more than it may', () => {
    const map = new TwoGenerations(1_000)
    for (let index = 0; index < 1_000; index++) map.set(`k${index}`, value(10))
    const kept = Array.from({ length: 1_000 }, (_, index) => map.get(`k${index}`)).filter((found) => found !== undefined)
    assert.ok(kept.length >= 50 && kept.length <= 100, `${kept.length} of 100`)
  })

  it('forgets a deleted key in either generation, and takes no value that fills it alone', () => {
    const map = new TwoGenerations(100)
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
      const map = new TwoGenerations<{ readonly bytes: number; readonly id: number }>(most)
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
    const map = new TwoGenerations(100)
    map.set('other', value(1))
    for (let index = 0; index < 100; index++) map.set('same', value(40))
    assert.ok(map.get('other') !== undefined)
  })
})
