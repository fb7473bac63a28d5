// Guards: content/body-buffers.ts, content/manifest-writer.ts, content/receive-chunks.ts, content/stored-chunks.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { streamLargeFile } from './large-stream.test-fixture.ts'

describe('a file of 10 GiB', () => {
  it('goes in and out of a process that has 256 MiB', async () => {
    const { written, read, generated, ...rest } = await streamLargeFile(10 * 2 ** 30)
    console.log(rest)
    assert.deepEqual([written, read], [generated, generated])
    assert.ok(rest.peakMebibytes < 256, `${rest.peakMebibytes} MiB`)
  }, 600_000)
})
