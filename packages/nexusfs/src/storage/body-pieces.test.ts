import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { isNexusError } from '../core/errors.ts'
import { bodyPieces } from './body-pieces.ts'

describe('bodyPieces', () => {
  it('gives the last of the bytes only once the body has ended', async () => {
    const events: string[] = []
    async function* body(): AsyncGenerator<Uint8Array> {
      for (const size of [2, 0, 3, 0]) yield new Uint8Array(size)
      events.push('end')
    }
    for await (const piece of bodyPieces(body(), { size: 5 }, 'put')) events.push(`${piece.length} bytes`)
    assert.deepEqual(events, ['2 bytes', 'end', '3 bytes'])
  })

  it('never gives the last byte of a body that is too long or too short, or cancelled at its end', async () => {
    const cancel = new AbortController()
    async function* body(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3)
      yield new Uint8Array(2)
      cancel.abort()
      yield new Uint8Array(1)
    }
    for (const [size, code, signal] of [
      [5, 'InvalidArgument', undefined],
      [7, 'InvalidArgument', undefined],
      [6, 'Aborted', cancel.signal],
    ] as const) {
      let given = 0
      const read = async (): Promise<void> => {
        for await (const piece of bodyPieces(body(), { size, signal }, 'put')) given += piece.length
      }
      await assert.rejects(read, (error) => isNexusError(error, code))
      assert.ok(given < size, `${given} of ${size}`)
    }
  })

  it('gives an array of the right size as it is, and of no bytes no piece', async () => {
    const bytes = new Uint8Array(3)
    assert.deepEqual(await Array.fromAsync(bodyPieces(bytes, { size: 3 }, 'put')), [bytes])
    assert.deepEqual(await Array.fromAsync(bodyPieces(new Uint8Array(), { size: 0 }, 'put')), [])
  })
})
