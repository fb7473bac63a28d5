import { toHex } from '../core/bytes.ts'
import { type Digest, isDigest } from '../core/digest.ts'
import { type DurabilityClass, isDurabilityClass } from '../core/durability.ts'
import { isNexusError, NexusError } from '../core/errors.ts'
import { isManifestId, type ManifestId } from '../metadata/keyspace.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord } from '../metadata/record.ts'
import { blobKeyPattern } from '../storage/storage-backend.ts'
import type { Chunk } from './manifest.ts'

/** What the store knows of a content: the value of a `c/` row. */
export interface ContentRow {
  /** `deleting` = being collected: it must not be referred to any more. */
  readonly state: 'live' | 'deleting'
  /** Logical bytes. */
  readonly size: number
  readonly location: ContentLocation
}

export type ContentLocation =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  /** `durability`: of the backend that stored the blob, so that a writer who promises more can tell. */
  | { readonly kind: 'blob'; readonly key: string; readonly durability: DurabilityClass }
  /** In chunks, which are contents of their own; `list`: digest of the pages of the manifest, one behind the other. */
  | { readonly kind: 'chunks'; readonly manifest: ManifestId; readonly list: Digest }
  /**
   * Another content and a part more, by append. `chain`: the contents that this one begins with, each the one before it and a part more, from the
   * one that is stored in another way to the longest; `bytes`: of the part, unless that is a content of its own.
   */
  | {
      readonly kind: 'extended'
      readonly chain: readonly Chunk[]
      readonly part: Chunk
      readonly bytes: Uint8Array | undefined
    }

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** `codec` has room for compression and encryption; format 1 knows `plain`. */
const plainCodec = 'plain'

export function encodeContentRow(row: ContentRow): Uint8Array {
  const { state: st, size: s, location } = row
  if (location.kind === 'inline') return encodeRecord({ st, s, co: plainCodec }, location.bytes)
  if (location.kind === 'chunks') return encodeRecord({ st, s, co: plainCodec, ma: location.manifest, ml: location.list })
  if (location.kind === 'extended') {
    const { chain, part, bytes } = location
    return encodeRecord({ st, s, co: plainCodec, ba: chain.map(({ digest, size }) => [digest, size]), pd: part.digest }, bytes)
  }
  return encodeRecord({ st, s, co: plainCodec, b: location.key, du: location.durability })
}

/**
 * @throws {NexusError} Corrupt if it is not a content row, or that of another content; Unsupported if a newer version wrote it
 */
export function decodeContentRow(entry: MetadataEntry): ContentRow {
  const { fields, bytes } = decodeRecord(entry.value)
  const { st: state, s: size, co: codec } = fields
  if (codec !== plainCodec) {
    throw new NexusError('Unsupported', `content in the codec ${JSON.stringify(codec)}`, { advice: 'update nexusfs to read it' })
  }
  if ((state !== 'live' && state !== 'deleting') || !isSize(size)) throw notAContentRow()
  if (fields.ba !== undefined) return { state, size, location: extendedLocation(size, fields, bytes) }
  if (bytes === undefined) {
    return { state, size, location: fields.ma === undefined ? blobLocation(entry, fields) : chunksLocation(fields) }
  }
  if (bytes.length !== size) throw notAContentRow()
  return { state, size, location: { kind: 'inline', bytes } }
}

/** The key of a blob holds the digest of its content, which must be that of the row. */
function blobLocation(entry: MetadataEntry, { b: key, du: durability }: Readonly<Record<string, unknown>>): ContentLocation {
  if (typeof key !== 'string' || !blobKeyPattern.test(key) || !isDurabilityClass(durability)) throw notAContentRow()
  if (key.split('/')[1] !== toHex(entry.key.item.subarray(1))) throw notAContentRow()
  return { kind: 'blob', key, durability }
}

function chunksLocation({ ma: manifest, ml: list }: Readonly<Record<string, unknown>>): ContentLocation {
  if (!isManifestId(manifest) || !isDigest(list)) throw notAContentRow()
  return { kind: 'chunks', manifest, list }
}

function extendedLocation(
  size: number,
  { ba, pd }: Readonly<Record<string, unknown>>,
  bytes: Uint8Array | undefined,
): ContentLocation {
  if (!Array.isArray(ba) || ba.length === 0 || !isDigest(pd)) throw notAContentRow()
  let before = 0
  const chain = ba.map((link: unknown): Chunk => {
    const [digest, length]: readonly unknown[] = Array.isArray(link) ? link : []
    if (!isDigest(digest) || !isSize(length) || length <= before) throw notAContentRow()
    before = length
    return { digest, size: length }
  })
  if (before >= size || (bytes !== undefined && bytes.length !== size - before)) throw notAContentRow()
  return { kind: 'extended', chain, part: { digest: pd, size: size - before }, bytes }
}

function notAContentRow(): NexusError {
  return new NexusError('Corrupt', 'a content row does not say where its content is', {
    advice: 'write the file again or restore the metadata from a backup',
  })
}

/** Logical bytes that are stored in the row, or for it alone: what it is made of besides has rows of its own. */
export function storedBytes({ size, location }: ContentRow): number {
  if (location.kind === 'chunks') return 0
  return location.kind === 'extended' ? (location.bytes?.length ?? 0) : size
}

/** What a row says; `undefined` if it is damaged, so that a caller that has the bytes may put a new one in its place. */
export function decodeOrDamaged(row: MetadataEntry): ContentRow | undefined {
  try {
    return decodeContentRow(row)
  } catch (error) {
    if (isNexusError(error, 'Corrupt')) return undefined
    throw error
  }
}
