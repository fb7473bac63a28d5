import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { BodyBuffers, largeBodyBytes } from './body-buffers.ts'

const body = (fill: number, size = largeBodyBytes + 5): Uint8Array => new Uint8Array(size).fill(fill)

describe('memory of large bodies', () => {
  it('holds a copy, and serves the next body once it was given back', () => {
    const buffers = new BodyBuffers()
    const first = buffers.copy(body(1))
    assert.deepEqual(first, body(1))
    const second = buffers.copy(body(2))
    assert.notEqual(second.buffer, first.buffer)
    assert.deepEqual(first, body(1))
    buffers.giveBack(first)
    const third = buffers.copy(body(3, largeBodyBytes + 9))
    assert.equal(third.buffer, first.buffer)
    assert.deepEqual(third, body(3, largeBodyBytes + 9))
  })

  it('takes back a copy once, and nothing that it did not lend', () => {
    const buffers = new BodyBuffers()
    const lent = buffers.copy(body(1))
    buffers.giveBack(body(9))
    buffers.giveBack(lent)
    buffers.giveBack(lent)
    const [a, b] = [buffers.copy(body(2)), buffers.copy(body(3))]
    assert.equal(a.buffer, lent.buffer)
    assert.notEqual(b.buffer, lent.buffer)
  })
})
