import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { digestOf } from '../core/digest.ts'
import { isNexusError } from '../core/errors.ts'
import { decodeManifestPage, encodeManifestPage } from './manifest.ts'

const chunks = [1, 5_000, 4_194_304].map((size) => ({ digest: digestOf(Uint8Array.of(size & 0xff)), size }))

describe('a page of chunks', () => {
  it('comes back as it was', () => {
    assert.deepEqual(decodeManifestPage(encodeManifestPage(chunks)), chunks)
  })

  it('of any other form is Corrupt', () => {
    const page = encodeManifestPage(chunks)
    const wrong = [
      page.subarray(0, -1),
      new Uint8Array([...page, 0]),
      Buffer.from('{"n":0}\0'),
      Buffer.from('{"n":1}'),
      Buffer.from('no record'),
      new Uint8Array(page.map((byte, index) => (index === page.indexOf(0) + 1 ? 9 : byte))),
    ]
    for (const bytes of wrong) {
      assert.throws(
        () => decodeManifestPage(bytes),
        (error) => isNexusError(error, 'Corrupt'),
      )
    }
  })
})
