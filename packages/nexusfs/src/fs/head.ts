import { type Digest, isDigest } from '../core/digest.ts'
import { NexusError } from '../core/errors.ts'
import { type Id, isId } from '../core/id.ts'
import { type Revision, toRevision } from '../core/revision.ts'
import { nameInHeadKey } from '../metadata/keyspace.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord, type RecordFields } from '../metadata/record.ts'
import { fitsRow } from './head-in-row.ts'

/** What a name is bound to: the value of a `d/` row, of an `h/` row (with `ended`), and of a `v/` row (files only). */
export type Head = FileHead | DirectoryHead

interface HeadFields {
  readonly id: Id
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly modifiedAt: number
  /** What `modifiedAt` leaves out, 0 to 999,999, where an import knew it. */
  readonly modifiedNanoseconds?: number | undefined
  readonly author: string
  /** The revision that began this binding of the name; absent = the revision of the row. */
  readonly born?: Revision | undefined
  /** Why and when the binding ended; in `h/` rows only. */
  readonly ended?: Ended | undefined
}

export interface FileHead extends HeadFields {
  readonly kind: 'file'
  readonly version: number
  readonly digest: Digest
  readonly size: number
  readonly executable: boolean
  readonly reason?: string | undefined
  /** The revision that wrote this version; absent = the revision of the row. */
  readonly revision?: Revision | undefined
  /** The content itself, where it is tiny. */
  readonly bytes?: Uint8Array | undefined
}

export interface DirectoryHead extends HeadFields {
  readonly kind: 'directory'
}

export interface Ended {
  /** `detached`: a tree was removed as it is, and its `z/` row says so as long as it has not come back. */
  readonly why: 'removed' | 'detached' | 'moved' | 'replaced' | 'restored'
  /** The revision of the `d/` row that ended. */
  readonly revision: Revision
}

/** A head with what follows from its row. */
export type Bound = BoundFile | BoundDirectory

export interface BoundFile {
  readonly head: FileHead
  readonly entry: MetadataEntry
  readonly etag: string
}

export interface BoundDirectory {
  readonly head: DirectoryHead
  readonly entry: MetadataEntry
}

const kinds = { file: 'f', directory: 'd' } as const

export function encodeHead(head: Head): Uint8Array {
  const common = {
    k: kinds[head.kind],
    i: head.id,
    c: head.createdAt,
    m: head.modifiedAt,
    mn: head.modifiedNanoseconds,
    a: head.author,
    b: head.born,
    e: head.ended && { w: head.ended.why, r: head.ended.revision },
  }
  if (head.kind === 'directory') return encodeRecord(common)
  const { version: n, digest: d, size: s, executable, reason: w, revision: r } = head
  return encodeRecord({ ...common, n, d, s, x: executable ? 1 : undefined, w, r }, head.bytes)
}

const decoded = new WeakMap<MetadataEntry, Bound>()

/**
 * The head in a row. Remembered with the row object, since a store may hand out the same one again and again.
 * @throws {NexusError} Corrupt if it is no head or not one of its row, Unsupported if a newer version wrote it
 */
export function decodeHead(entry: MetadataEntry): Bound {
  const known = decoded.get(entry)
  if (known !== undefined) return known
  const bound = decode(entry)
  if (!fitsRow(bound.head, entry)) throw notAHead()
  decoded.set(entry, bound)
  return bound
}

export function isFile(bound: Bound | undefined): bound is BoundFile {
  return bound?.head.kind === 'file'
}

export function isDirectory(bound: Bound | undefined): bound is BoundDirectory {
  return bound?.head.kind === 'directory'
}

/** The revision that wrote the version in this row. */
export function versionRevision({ head, entry }: BoundFile): Revision {
  return head.revision ?? entry.revision
}

/** The revision that began the binding in this row. */
export function bornRevision({ head, entry }: Bound): Revision {
  return head.born ?? entry.revision
}

/** Opaque; unique for each version of each file. */
export function etagOf(file: Id, revision: Revision): string {
  return `${file}-${revision.toString(36)}`
}

function decode(entry: MetadataEntry): Bound {
  const { fields, bytes } = decodeRecord(entry.value)
  const common = decodeCommon(fields)
  if (fields.k === kinds.directory) return { head: { kind: 'directory', ...common }, entry }
  if (fields.k !== kinds.file) {
    throw new NexusError('Unsupported', `an entry of the kind ${JSON.stringify(fields.k)}; update nexusfs to read it`)
  }
  const head = { kind: 'file', ...common, ...decodeVersion(fields), ...(bytes && { bytes }) } satisfies FileHead
  return { head, entry, etag: etagOf(head.id, head.revision ?? entry.revision) }
}

function decodeCommon(fields: RecordFields): HeadFields {
  const { i: id, c: createdAt, m: modifiedAt, mn, a: author, b: born, e: ended } = fields
  if (!isId(id) || !isTime(createdAt) || !isTime(modifiedAt) || typeof author !== 'string') throw notAHead()
  return {
    id,
    createdAt,
    modifiedAt,
    author,
    ...(mn !== undefined && { modifiedNanoseconds: wholeUpTo(999_999, mn) }),
    ...(born !== undefined && { born: decodeRevision(born) }),
    ...(ended !== undefined && { ended: decodeEnded(ended) }),
  }
}

function decodeVersion(
  fields: RecordFields,
): Pick<FileHead, 'version' | 'digest' | 'size' | 'executable' | 'reason' | 'revision'> {
  const { n: version, d: digest, s: size, x, w: reason, r: revision } = fields
  if (!isDigest(digest) || version === 0) throw notAHead()
  return {
    version: wholeUpTo(Number.MAX_SAFE_INTEGER, version),
    digest,
    size: wholeUpTo(Number.MAX_SAFE_INTEGER, size),
    executable: x === 1,
    ...(typeof reason === 'string' && { reason }),
    ...(revision !== undefined && { revision: decodeRevision(revision) }),
  }
}

const endings: readonly string[] = ['removed', 'detached', 'moved', 'replaced', 'restored'] satisfies Ended['why'][]

function isEnding(why: unknown): why is Ended['why'] {
  return typeof why === 'string' && endings.includes(why)
}

function decodeEnded(value: unknown): Ended {
  if (typeof value !== 'object' || value === null || !('w' in value) || !('r' in value)) throw notAHead()
  const { w: why, r: revision } = value
  if (!isEnding(why)) throw notAHead()
  return { why, revision: decodeRevision(revision) }
}

/** What a Date can hold. */
const latestTime = 8.64e15

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= latestTime
}

function wholeUpTo(most: number, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) throw notAHead()
  return value
}

function decodeRevision(value: unknown): Revision {
  return toRevision(wholeUpTo(Number.MAX_SAFE_INTEGER, value))
}

function notAHead(): NexusError {
  return new NexusError('Corrupt', 'a directory entry cannot be understood; restore the metadata from a backup')
}

const names = new WeakMap<MetadataEntry, string>()

/**
 * The name under which a `d/` row binds its head.
 * @throws {NexusError} Corrupt if no path can have it
 */
export function nameOfEntry(entry: MetadataEntry): string {
  const known = names.get(entry)
  if (known !== undefined) return known
  const name = nameInHeadKey(entry.key)
  names.set(entry, name)
  return name
}
