import { readUint64, toHex } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { type Revision, revisionZero, toRevision } from '../../core/revision.ts'
import { checkedValue } from '../../metadata/checked-value.ts'
import type { Key, MetadataEntry, ReadReply, ReadRequest, Scan, ScanPage } from '../../metadata/metadata-store.ts'
import { binaryArray, upperBound } from './binary-array.ts'

/** A read as arguments of `read_v1` (see `schema.ts`), in order. One entry more than asked for tells whether there are more. */
export function readArguments({ get = [], scan = [] }: ReadRequest): readonly Buffer[] {
  return [
    binaryArray.bytea(get.map((key) => key.group)),
    binaryArray.bytea(get.map((key) => key.item)),
    binaryArray.bytea(scan.map((range) => range.group)),
    binaryArray.bytea(scan.map((range) => range.from ?? noBytes)),
    binaryArray.bytea(scan.map((range) => range.to ?? upperBound)),
    binaryArray.int4(scan.map((range) => range.limit + 1)),
    binaryArray.bool(scan.map((range) => range.reverse ?? false)),
  ]
}

const noBytes = new Uint8Array(0)

/** A row of `read_v1` in text form: ordinal, item, revision, value. */
export type ReadRow = readonly (string | null)[]

/** What a read tells beside its reply. */
export interface ReadMarks {
  /** The last revision that was drawn when the reply was made; its commit may not be durable, or never come. */
  readonly last: Revision
  /** The highest of the entries found; 0 if there are none. */
  readonly newest: Revision
}

/**
 * What the rows mean for the request.
 * @throws {NexusError} Corrupt if a value is not as it was written, or was written under another key
 */
export function readReply({ get = [], scan = [] }: ReadRequest, rows: readonly ReadRow[]): ReadReply & ReadMarks {
  const found: (MetadataEntry | undefined)[] = new Array(get.length).fill(undefined)
  const pages: MetadataEntry[][] = scan.map(() => [])
  let time = 0
  let last = revisionZero
  let newest = 0
  for (const [ordinalText, item, revisionText, value] of rows) {
    const ordinal = Number(ordinalText)
    const revision = Number(revisionText)
    if (ordinal === 0) {
      time = revision
      last = toRevision(readUint64(bytesOf(value)))
      continue
    }
    const key = ordinal > 0 ? get[ordinal - 1] : { group: scan[-ordinal - 1]?.group ?? noBytes, item: bytesOf(item) }
    if (key === undefined) continue
    const entry = entryOf(key, revision, bytesOf(value))
    newest = Math.max(newest, revision)
    if (ordinal > 0) found[ordinal - 1] = entry
    else pages[-ordinal - 1]?.push(entry)
  }
  return { get: found, scan: pages.map((entries, index) => page(entries, scan[index])), time, last, newest: toRevision(newest) }
}

/** Behind the value with its check, the server has written the revision. */
function entryOf(key: Key, revision: number, stored: Uint8Array): MetadataEntry {
  const end = stored.length - revisionBytes
  const value = end < 0 || readUint64(stored, end) !== revision ? undefined : checkedValue(key, revision, stored.subarray(0, end))
  if (value !== undefined) return { key, value, revision: toRevision(revision) }
  const context = { reason: 'checksum', group: toHex(key.group), item: toHex(key.item) }
  throw new NexusError('Corrupt', 'metadata.read: a row of the database is damaged', {
    advice: 'restore it from a backup',
    operation: 'metadata.read',
    context,
  })
}

const revisionBytes = 8

function page(entries: readonly MetadataEntry[], scan: Scan | undefined): ScanPage {
  const limit = scan?.limit ?? 0
  return { entries: entries.slice(0, limit), hasMore: entries.length > limit }
}

/** The text form of `bytea`: `\x` and two digits a byte. */
function bytesOf(text: string | null | undefined): Uint8Array<ArrayBuffer> {
  if (text === null || text === undefined || text.length <= 2) return new Uint8Array(0)
  const bytes = Buffer.from(text.slice(2), 'hex')
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
