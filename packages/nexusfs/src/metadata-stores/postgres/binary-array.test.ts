import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { binaryArray } from './binary-array.ts'

describe('an array in binary form', () => {
  it('has dimensions, flags, type, length, lower bound, then each item with its length', () => {
    assert.equal(
      binaryArray.bytea([Buffer.from('ab'), Buffer.alloc(0)]).toString('hex'),
      '00000001' + '00000000' + '00000011' + '00000002' + '00000001' + '00000002' + '6162' + '00000000',
    )
    assert.equal(binaryArray.int4([-1]).toString('hex').slice(-16), '00000004' + 'ffffffff')
    assert.equal(binaryArray.bool([true, false]).toString('hex').slice(-20), '00000001' + '01' + '00000001' + '00')
  })

  it('has no dimension if it is empty', () => {
    assert.equal(binaryArray.int8([]).toString('hex'), '00000000' + '00000000' + '00000014')
  })

  it('keeps whole numbers of 53 bits, negative ones too', () => {
    for (const value of [0, 1, -1, -2, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53 - 1)]) {
      assert.equal(Number(binaryArray.int8([value]).readBigInt64BE(24)), value)
    }
  })
})
