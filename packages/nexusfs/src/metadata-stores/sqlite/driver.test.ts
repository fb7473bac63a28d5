import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { openDatabase, probeDriver, refuseChangedValues } from './driver.ts'

const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)

describe('the probe of the driver', () => {
  it('passes the one of this runtime', () => {
    const database = openDatabase(':memory:')
    probeDriver(database)
    database.close()
  })

  it('refuses one that changes a value, and says what to run', () => {
    const largest = Number.MAX_SAFE_INTEGER
    const empty = new Uint8Array(0)
    refuseChangedValues([bytes, largest, null, empty, empty])
    for (const row of [
      undefined,
      [bytes.subarray(0, 0), largest, null, empty, empty],
      [bytes.slice().fill(1, 200, 201), largest, null, empty, empty],
      ['', largest, null, empty, empty],
      [bytes, 2 ** 53, null, empty, empty],
      [bytes, largest, undefined, empty, empty],
      [bytes, largest, null, null, empty],
      [bytes, largest, null, empty, null],
    ]) {
      assert.throws(() => refuseChangedValues(row), {
        code: 'MissingDependency',
        message: /Node \d+\..*; run Node 24\.15 or later/,
      })
    }
  })
})
