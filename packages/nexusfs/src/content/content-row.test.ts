import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import { digestHex, digestOf } from '../core/digest.ts'
import { durabilityClasses } from '../core/durability.ts'
import { isNexusError } from '../core/errors.ts'
import { toRevision } from '../core/revision.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import { encodeRecord } from '../metadata/record.ts'
import { type ContentRow, decodeContentRow, encodeContentRow } from './content-row.ts'

const digest = digestOf(utf8('content'))
const blobKey = `store/${digestHex(digest)}/process/nonce`
const entry = (value: Uint8Array): MetadataEntry => ({ key: contentKey(digest), value, revision: toRevision(1) })

describe('a content row', () => {
  it('comes back as it was', () => {
    const state = fc.constantFrom('live', 'deleting')
    const inline = fc
      .record({ state, bytes: fc.uint8Array({ maxLength: 300 }) })
      .map((row): ContentRow => ({ state: row.state, size: row.bytes.length, location: { kind: 'inline', bytes: row.bytes } }))
    const blob = fc
      .record({ state, size: fc.maxSafeNat(), durability: fc.constantFrom(...durabilityClasses) })
      .map(({ durability, ...row }): ContentRow => ({ ...row, location: { kind: 'blob', key: blobKey, durability } }))
    fc.assert(
      fc.property(fc.oneof(inline, blob), (row) => {
        assert.deepEqual(decodeContentRow(entry(encodeContentRow(row))), row)
      }),
    )
  })

  it('may hold fields of later versions, which are passed over', () => {
    const value = encodeRecord({ st: 'live', s: 3, co: 'plain', later: [1] }, utf8('abc'))
    assert.equal(decodeContentRow(entry(value)).size, 3)
  })

  it('in an unknown codec is Unsupported', () => {
    for (const co of ['zstd', undefined, 7, null]) {
      const value = encodeRecord({ st: 'live', s: 3, co }, utf8('abc'))
      assert.throws(
        () => decodeContentRow(entry(value)),
        (error) => isNexusError(error, 'Unsupported'),
      )
    }
  })

  it('that is broken is Corrupt', () => {
    const good = { st: 'live', s: 3, co: 'plain', b: blobKey, du: 'disk' }
    assert.equal(decodeContentRow(entry(encodeRecord(good))).size, 3)
    const broken: readonly Uint8Array[] = [
      utf8(''),
      utf8('not json'),
      utf8('[]'),
      utf8('null'),
      Uint8Array.of(0xff, 0xfe),
      encodeRecord({ ...good, st: 'dead' }),
      encodeRecord({ ...good, st: undefined }),
      encodeRecord({ ...good, s: -1 }),
      encodeRecord({ ...good, s: 1.5 }),
      encodeRecord({ ...good, s: '3' }),
      encodeRecord({ ...good, s: null }),
      encodeRecord({ ...good, b: undefined }),
      encodeRecord({ ...good, b: 7 }),
      encodeRecord({ ...good, b: '../../etc/passwd' }),
      encodeRecord({ ...good, b: '' }),
      encodeRecord({ ...good, b: `store/${digestHex(digestOf(utf8('another')))}/process/nonce` }),
      encodeRecord({ ...good, du: undefined }),
      encodeRecord({ ...good, du: 'for ever' }),
      encodeRecord({ ...good, b: undefined, s: 4 }, utf8('abc')),
      encodeRecord({ ...good, b: undefined, s: 2 }, utf8('abc')),
    ]
    for (const value of broken) {
      assert.throws(
        () => decodeContentRow(entry(value)),
        (error) => isNexusError(error, 'Corrupt'),
        Buffer.from(value).toString(),
      )
    }
  })
})
