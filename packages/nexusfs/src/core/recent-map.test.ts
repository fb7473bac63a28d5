import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { RecentMap } from './recent-map.ts'

describe('a map of recent entries', () => {
  it('keeps what is used, and forgets what is not', () => {
    const map = new RecentMap<number, string>(100)
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
    const map = new RecentMap<number, string>(4)
    for (const key of [1, 2, 3]) map.set(key, 'x')
    for (const key of [1, 2, 3]) map.delete(key)
    assert.deepEqual(
      [1, 2, 3].map((key) => map.get(key)),
      [undefined, undefined, undefined],
    )
  })

  it('gives the latest value of a key that lies in both generations', () => {
    const map = new RecentMap<number, string>(4)
    map.set(1, 'old')
    map.set(2, 'x')
    map.set(1, 'new')
    assert.equal(map.get(1), 'new')
  })
})
