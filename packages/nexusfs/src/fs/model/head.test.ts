import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { digestOf } from '../../core/digest.ts'
import { isNexusError } from '../../core/errors.ts'
import { newId } from '../../core/id.ts'
import { toRevision } from '../../core/revision.ts'
import { directoryGroup, endedRange, headKey, rootId } from '../../metadata/keyspace.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord } from '../../metadata/record.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import { etagOf, type Head } from './head.ts'
import { decodeHead, encodeHead } from './head-codec.ts'

const entry = (value: Uint8Array, name = 'name'): MetadataEntry => ({
  key: headKey(directoryGroup(rootId), name),
  value,
  revision: toRevision(77),
})

/** The row in which such a head can stand: of a binding that ended, or of one that did not. */
function rowOf(head: Head, value = encodeHead(head)): MetadataEntry {
  if (head.ended === undefined) return entry(value)
  return { key: { ...endedRange(rootId, 'name'), item: new Uint8Array(13) }, value, revision: toRevision(77) }
}

const id = fc.integer({ min: 0, max: 1000 }).map((seed) => newId(seededRandom('id', seed)))
const time = fc.integer({ min: -8.64e15, max: 8.64e15 })
/** Below that of the row. */
const revision = fc.integer({ min: 0, max: 76 }).map(toRevision)
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const why = fc.constantFrom('removed', 'detached', 'moved', 'replaced', 'restored', 'changed')
const common = {
  id,
  createdAt: time,
  modifiedAt: time,
  modifiedNanoseconds: maybe(fc.integer({ min: 0, max: 999_999 })),
  changedAt: time,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  author: fc.string({ unit: 'binary', minLength: 1 }).map((text) => text.toWellFormed()),
  born: maybe(revision),
  ended: maybe(fc.record({ why, revision }, { noNullPrototype: true })),
}
const directory = fc.record({ kind: fc.constant('directory' as const), ...common })
const file = fc
  .record({
    kind: fc.constant('file' as const),
    ...common,
    version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    size: fc.integer({ min: 129, max: Number.MAX_SAFE_INTEGER }),
    reason: maybe(fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())),
    revision: maybe(revision),
    bytes: maybe(fc.uint8Array({ minLength: 1, maxLength: 128 })),
    stamp: maybe(fc.string().filter((text) => text.isWellFormed())),
  })
  .map((head) => {
    const { bytes = Uint8Array.of(1) } = head
    return { ...head, digest: digestOf(bytes), size: head.bytes?.length ?? head.size }
  })
const link = fc.record({
  kind: fc.constant('link' as const),
  ...common,
  version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  target: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).map((text) => text.toWellFormed().replaceAll('\0', '/')),
  reason: maybe(fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())),
  revision: maybe(revision),
})
const anyHead = fc.oneof(directory, file, link)

function defined(head: Head): object {
  return Object.fromEntries(Object.entries(head).filter(([, value]) => value !== undefined))
}

describe('a head', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyHead, (head) => {
        const bound = decodeHead(rowOf(head))
        assert.deepEqual(defined(bound.head), defined(head))
        if (head.kind !== 'directory') assert.equal('etag' in bound && bound.etag, etagOf(head, head.revision ?? toRevision(77)))
      }),
      { numRuns: 2000 },
    )
  })

  it('fits into a value with the longest author and reason', () => {
    const control = '\u0001'
    fc.assert(
      fc.property(file, (head) => {
        const longest = { ...head, author: control.repeat(255), reason: control.repeat(4096) }
        assert.ok(encodeHead(longest).length < 40_000)
      }),
      { numRuns: 20 },
    )
  })

  it('may hold fields of later versions, which are passed over', () => {
    fc.assert(
      fc.property(anyHead, (head) => {
        const { fields, bytes } = decodeRecord(encodeHead(head))
        const later = encodeRecord({ origin: { f: 1 }, base: null, ...fields, zz: [1, 2] }, bytes)
        assert.deepEqual(defined(decodeHead(rowOf(head, later)).head), defined(head))
      }),
      { numRuns: 200 },
    )
  })

  it('is decoded once for each row object', () => {
    const row = entry(encodeRecord({ k: 'd', i: newId(seededRandom('id', 1)), c: 1, m: 1, a: 'ann' }))
    assert.equal(decodeHead(row), decodeHead(row))
  })

  it('of an unknown kind is Unsupported', () => {
    for (const k of ['i', 'x', 7, undefined, null]) {
      const value = encodeRecord({ k, i: rootId, c: 1, m: 1, a: 'ann' })
      assert.throws(
        () => decodeHead(entry(value)),
        (error) => isNexusError(error, 'Unsupported'),
        String(k),
      )
    }
  })

  it('with any one field replaced by nonsense is refused as Corrupt or Unsupported, or reads as a head', () => {
    const nonsense = fc.oneof(
      fc.constantFrom(
        null,
        '',
        'x',
        '../..',
        -1,
        0.5,
        1e300,
        -1e300,
        2 ** 53,
        [],
        {},
        true,
        '\u0000',
        { w: 'removed' },
        { w: 'x', r: 1 },
      ),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(
        fc.oneof(file, link),
        fc.constantFrom(...'k i c m mn ct p a b e n d s t w r'.split(' ')),
        nonsense,
        (head, field, value) => {
          const { fields, bytes } = decodeRecord(encodeHead(head))
          const row = rowOf(head, encodeRecord({ ...fields, [field]: value }, bytes))
          try {
            const { head: read } = decodeHead(row)
            assert.ok(!Number.isNaN(new Date(read.modifiedAt).getTime()) && !Number.isNaN(new Date(read.createdAt).getTime()))
            assert.ok(Number.isInteger(read.mode) && read.mode >= 0 && read.mode <= 0o7777)
            if (read.kind !== 'file') return
            assert.ok(Number.isSafeInteger(read.size) && read.size >= 0)
            assert.ok(Number.isSafeInteger(read.version) && read.version >= 1)
          } catch (error) {
            assert.ok(isNexusError(error, 'Corrupt') || isNexusError(error, 'Unsupported'), `${field}: ${String(error)}`)
          }
        },
      ),
      { numRuns: 5000 },
    )
  })

  it('of random bytes is refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        assert.throws(
          () => decodeHead(entry(bytes)),
          (error) => isNexusError(error),
        )
      }),
    )
  })
})
