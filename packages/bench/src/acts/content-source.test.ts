import assert from 'node:assert/strict'
import { deflateSync } from 'node:zlib'
import { describe, it } from 'vitest'
import { ContentSource } from './content-source.ts'

describe('ContentSource', () => {
  const source = new ContentSource('seed')

  it('gives equal bytes for equal keys, in every process of a run', () => {
    assert.deepEqual(source.bytes({ key: 'a', size: 1000 }), new ContentSource('seed').bytes({ key: 'a', size: 1000 }))
  })

  it('gives other bytes for another key and another seed', () => {
    const bytes = source.bytes({ key: 'a', size: 64 })
    assert.notDeepEqual(bytes, source.bytes({ key: 'b', size: 64 }))
    assert.notDeepEqual(bytes, new ContentSource('other').bytes({ key: 'a', size: 64 }))
  })

  it('makes bytes that cannot be compressed', () => {
    const bytes = source.bytes({ key: 'c', size: 100_000 })
    assert.ok(deflateSync(bytes).length > 99_900)
  })

  it('repeats no block of 16 bytes within or between contents', () => {
    const blocks = new Set<string>()
    for (const key of ['d', 'e']) {
      const bytes = Buffer.from(source.bytes({ key, size: 65_536 }))
      for (let at = 0; at < bytes.length; at += 16) blocks.add(bytes.toString('latin1', at, at + 16))
    }
    assert.equal(blocks.size, (2 * 65_536) / 16)
  })

  it('hands out bytes that the caller owns', () => {
    source.bytes({ key: 'f', size: 32 }).fill(0)
    assert.ok(source.bytes({ key: 'f', size: 32 }).some((byte) => byte !== 0))
  })
})
