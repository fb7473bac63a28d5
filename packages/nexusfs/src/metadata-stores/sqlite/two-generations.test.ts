import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
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

  it('counts a replaced value once', () => {
    const map = new TwoGenerations(100)
    map.set('other', value(1))
    for (let index = 0; index < 100; index++) map.set('same', value(40))
    assert.ok(map.get('other') !== undefined)
  })
})
