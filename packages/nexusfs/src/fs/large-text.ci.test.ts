// Guards: fs/operations/calls.ts, fs/operations/read.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { failure, memoryFixture } from './store.test-fixture.ts'

describe('content that is too large for one string', () => {
  it('is Unsupported for readText, which says to use read', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open({ cacheBytes: 0 })
    await fs.write('/big', new Uint8Array(540_000_000).fill(97))
    const error = await failure(() => fs.readText('/big'))
    assert.equal(error.code, 'Unsupported')
    assert.match(error.message, /^readText \/big: .* use read/)
  })
})
