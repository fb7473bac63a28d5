import { toHex } from '../core/bytes.ts'
import { type Digest, isDigest } from '../core/digest.ts'
import { type DurabilityClass, isDurabilityClass } from '../core/durability.ts'
import { isNexusError, NexusError } from '../core/errors.ts'
import { isManifestId, type ManifestId } from '../metadata/keyspace.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord } from '../metadata/record.ts'
import { blobKeyPattern } from '../storage/storage-backend.ts'

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

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** `codec` has room for compression and encryption; format 1 knows `plain`. */
const plainCodec = 'plain'

export function encodeContentRow(row: ContentRow): Uint8Array {
  const { state: st, size: s, location } = row
  if (location.kind === 'inline') return encodeRecord({ st, s, co: plainCodec }, location.bytes)
  if (location.kind === 'chunks') return encodeRecord({ st, s, co: plainCodec, ma: location.manifest, ml: location.list })
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

function notAContentRow(): NexusError {
  return new NexusError('Corrupt', 'a content row does not say where its content is', {
    advice: 'write the file again or restore the metadata from a backup',
  })
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
