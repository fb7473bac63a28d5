// Guards: fs/operations/calls.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { isMemoryError } from './calls.ts'

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  assert.fail('it did not throw')
}

describe('an error for want of memory', () => {
  it('is told from other errors, also of the same class', () => {
    for (const work of [
      () => new Uint8Array(2 ** 53),
      () => new Uint8Array(2 ** 45),
      () => new ArrayBuffer(2 ** 52),
      () => Buffer.alloc(2 ** 52),
      () => 'x'.repeat(2 ** 30),
      () => Buffer.alloc(2 ** 29).toString('latin1'),
    ]) {
      assert.equal(isMemoryError(thrownBy(work)), true, String(work))
    }
    for (const work of [
      () => (1).toFixed(101),
      () => Buffer.alloc(1).readUInt32BE(0),
      () => JSON.parse('{'),
      () => {
        throw new RangeError('mine')
      },
    ]) {
      assert.equal(isMemoryError(thrownBy(work)), false, String(work))
    }
  })
})
