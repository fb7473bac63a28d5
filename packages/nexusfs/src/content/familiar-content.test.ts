// Guards: content/known-content.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { seededRandom } from '../testing/seeded-random.ts'
import { FamiliarContent } from './known-content.ts'

describe('familiar content', () => {
  it('is what was remembered, by its bytes and not by its array', () => {
    const familiar = new FamiliarContent()
    const bytes = seededRandom('familiar').bytes(600_000)
    assert.equal(familiar.isFamiliar(bytes), false)
    familiar.remember(bytes)
    assert.ok(familiar.isFamiliar(bytes.slice()))
  })

  it('differs by a byte at the beginning, in the middle, at the end, and by its length', () => {
    const familiar = new FamiliarContent()
    const bytes = seededRandom('changed').bytes(600_000)
    familiar.remember(bytes)
    for (const at of [0, 300_000 - 1, bytes.length - 1]) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(familiar.isFamiliar(changed), false, String(at))
    }
    assert.equal(familiar.isFamiliar(bytes.subarray(0, -1)), false)
  })

  it('may be mistaken, which is why it is only a guess', () => {
    const familiar = new FamiliarContent()
    const bytes = seededRandom('mistaken').bytes(600_000)
    familiar.remember(bytes)
    const changed = bytes.slice()
    changed[100_000] = (changed[100_000] ?? 0) ^ 1
    assert.ok(familiar.isFamiliar(changed))
  })

  it('takes bytes of any length', () => {
    const familiar = new FamiliarContent()
    for (const size of [0, 1, 4095, 4096, 4097, 8193]) {
      const bytes = seededRandom('size', size).bytes(size)
      familiar.remember(bytes)
      assert.ok(familiar.isFamiliar(bytes))
    }
  })
})
