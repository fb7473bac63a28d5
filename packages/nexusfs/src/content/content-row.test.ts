import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import { digestOf } from '../core/digest.ts'
import { isNexusError } from '../core/errors.ts'
import { toRevision } from '../core/revision.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import { encodeRecord } from '../metadata/record.ts'
import { type ContentRow, decodeContentRow, encodeContentRow } from './content-row.ts'

const entry = (value: Uint8Array): MetadataEntry => ({ key: contentKey(digestOf(value)), value, revision: toRevision(1) })

describe('a content row', () => {
  it('comes back as it was', () => {
    const location = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ kind: 'inline', bytes }) as const),
      fc.stringMatching(/^[0-9a-f]{32}\/[0-9a-f]{64}$/).map((key) => ({ kind: 'blob', key }) as const),
    )
    fc.assert(
      fc.property(fc.constantFrom('live', 'deleting'), fc.maxSafeNat(), location, (state, size, place) => {
        const row: ContentRow = { state, size, location: place }
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
    const good = { st: 'live', s: 3, co: 'plain', b: 'store/blob' }
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
