import { toHex } from '../../core/bytes.ts'
import { digestOf, isDigest } from '../../core/digest.ts'
import { NexusError } from '../../core/errors.ts'
import { isId } from '../../core/id.ts'
import { limits } from '../../core/limits.ts'
import { isLinkTarget } from '../../core/path.ts'
import { endedGroupTag, numberInVersionItem, rootId, versionGroupTag } from '../../metadata/keyspace.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord, type RecordFields } from '../../metadata/record.ts'
import { type Bound, defaultMode, type Ended, etagOf, type FileHead, type Head, isMode, isTime } from './head.ts'

const letters = { file: 'f', directory: 'd', link: 'l' } as const
const kinds: ReadonlyMap<unknown, Head['kind']> = new Map([
  ['f', 'file'],
  ['d', 'directory'],
  ['l', 'link'],
])

/**
 * The value of a row. What `decodeHead` would refuse is not encoded.
 * @throws {NexusError} Unexpected for such a head: the code that made it did not check what it was given
 */
export function encodeHead(head: Head): Uint8Array {
  if (!isSound(head))
    throw new NexusError('Unexpected', 'an entry would be written that nothing could read', { advice: 'nothing was done' })
  const { kind, id: i, createdAt: c, modifiedAt: m, modifiedNanoseconds: mn, changedAt, mode, author: a, born: b, ended } = head
  const ct = changedAt === m ? undefined : changedAt
  const p = mode === defaultMode[kind] ? undefined : mode
  const e = ended && { w: ended.why, r: ended.revision }
  const common = { k: letters[kind], i, c, m, mn, ct, p, a, b, e }
  switch (head.kind) {
    case 'directory':
      return encodeRecord(common)
    case 'link':
      return encodeRecord({ ...common, n: head.version, t: head.target, w: head.reason, r: head.revision })
    case 'file': {
      const { version: n, digest: d, size: s, reason: w, revision: r, stamp: f, bytes } = head
      return encodeRecord({ ...common, n, d, s, w, r, f }, bytes)
    }
  }
}

const decoded = new WeakMap<MetadataEntry, Bound>()

/**
 * The head in a row. Remembered with the row object, since a store may hand out the same one again and again.
 * @throws {NexusError} Corrupt if it is not a head or not one of its row, Unsupported if a newer version wrote it
 */
export function decodeHead(entry: MetadataEntry): Bound {
  const known = decoded.get(entry)
  if (known !== undefined) return known
  const bound = decodeHeadOnce(entry)
  decoded.set(entry, bound)
  return bound
}

/** The same, not remembered: for those who pass over many rows, and would leave a million of them to the garbage collector. */
export function decodeHeadOnce(entry: MetadataEntry): Bound {
  const { fields, bytes } = decodeRecord(entry.value)
  const head = uncheckedHead(fields, bytes)
  if (!isHead(head) || !fitsRow(head, entry)) {
    throw new NexusError('Corrupt', 'a directory entry cannot be understood', {
      advice: 'remove it, or restore the metadata from a backup',
    })
  }
  if (head.kind === 'directory') return { head, entry }
  const etag = etagOf(head, head.revision ?? entry.revision)
  return head.kind === 'file' ? { head, entry, etag } : { head, entry, etag }
}

/** The fields of any head, of any type. */
type Unchecked = Readonly<{ kind: Head['kind'] } & { [Field in FieldOf<Head>]?: unknown }>
type FieldOf<Checked> = Checked extends Head ? Exclude<keyof Checked, 'kind'> : never

/**
 * @throws {NexusError} Unsupported for a kind that this version does not know
 */
function uncheckedHead(fields: RecordFields, bytes: Uint8Array | undefined): Unchecked {
  const kind = kinds.get(fields.k)
  if (kind === undefined) {
    throw new NexusError('Unsupported', `an entry of the kind ${JSON.stringify(fields.k)}`, {
      advice: 'update nexusfs to read it',
    })
  }
  return {
    kind,
    id: fields.i,
    createdAt: fields.c,
    modifiedAt: fields.m,
    modifiedNanoseconds: fields.mn,
    changedAt: fields.ct === undefined ? fields.m : fields.ct,
    mode: fields.p ?? defaultMode[kind],
    author: fields.a,
    born: fields.b,
    ended: fields.e === undefined ? undefined : uncheckedEnded(fields.e),
    version: fields.n,
    digest: fields.d,
    size: fields.s,
    target: fields.t,
    reason: fields.w,
    revision: fields.r,
    stamp: fields.f,
    bytes,
  }
}

function uncheckedEnded(value: unknown): unknown {
  const { w: why = undefined, r: revision = undefined } = typeof value === 'object' && value !== null ? { ...value } : {}
  return { why, revision }
}

function isHead(head: Unchecked): head is Head {
  return isSound(head)
}

/** What a head may hold: the one rule for what is written as for what is read. */
function isSound(head: Unchecked): boolean {
  if (!isCommon(head)) return false
  switch (head.kind) {
    case 'directory':
      return true
    case 'link':
      return isVersion(head) && isLinkTarget(head.target)
    case 'file':
      if (!isVersion(head) || !isDigest(head.digest) || !isWhole(head.size)) return false
      return isBytesOf(head.bytes, head.size) && (head.stamp === undefined || isText(head.stamp))
  }
}

function isCommon({ id, createdAt, modifiedAt, modifiedNanoseconds, changedAt, mode, author, born, ended }: Unchecked): boolean {
  if (!isId(id) || !isTime(createdAt) || !isTime(modifiedAt) || !isTime(changedAt) || !isMode(mode) || !isText(author))
    return false
  if (modifiedNanoseconds !== undefined && !isWhole(modifiedNanoseconds, 999_999)) return false
  return (born === undefined || isWhole(born)) && (ended === undefined || isEnded(ended))
}

function isVersion({ version, reason, revision }: Unchecked): boolean {
  if (!isWhole(version) || version === 0) return false
  return (reason === undefined || isText(reason)) && (revision === undefined || isWhole(revision))
}

const endings: readonly unknown[] = ['removed', 'detached', 'moved', 'replaced', 'restored', 'changed'] satisfies Ended['why'][]

function isEnded(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'why' in value && 'revision' in value
    ? endings.includes(value.why) && isWhole(value.revision)
    : false
}

function isBytesOf(bytes: unknown, size: unknown): boolean {
  return bytes === undefined || (bytes instanceof Uint8Array && bytes.length === size)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.isWellFormed()
}

function isWhole(value: unknown, most: number = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most
}

const emptyDigest = digestOf(new Uint8Array(0))

/**
 * Whether a head can stand in the row in which it was found: a `v/` row holds the version of the file or link that its key names, an `h/` row
 * a binding that ended, a `d/` row one that did not; nothing is newer than its row. What cannot be is damage.
 */
function fitsRow(head: Head, { key, revision }: MetadataEntry): boolean {
  const { id, born = 0, ended } = head
  if (id === rootId || born > revision) return false
  const tag = key.group[0]
  if ((tag === endedGroupTag) !== (ended !== undefined)) return false
  if (ended !== undefined && ended.revision >= revision) return false
  if (head.kind === 'directory') return tag !== versionGroupTag
  if ((head.revision ?? 0) > revision || (head.kind === 'file' && !hasItsBytes(head))) return false
  return tag !== versionGroupTag || (toHex(key.group.subarray(2)) === id && numberInVersionItem(key.item) === head.version)
}

/** Tiny content is inside, no other is, and there is one digest of nothing. */
function hasItsBytes({ size, digest, bytes }: FileHead): boolean {
  if (size === 0) return digest === emptyDigest && bytes === undefined
  return bytes === undefined ? size > limits.tinyContentBytes : bytes.length === size && size <= limits.tinyContentBytes
}
