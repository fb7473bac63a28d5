import { NexusError } from '../core/errors.ts'
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
  | { readonly kind: 'blob'; readonly key: string }

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** `codec` has room for compression and encryption; format 1 knows `plain`. */
const plainCodec = 'plain'

export function encodeContentRow(row: ContentRow): Uint8Array {
  const { location } = row
  const fields = { st: row.state, s: row.size, co: plainCodec, b: location.kind === 'blob' ? location.key : undefined }
  return encodeRecord(fields, location.kind === 'inline' ? location.bytes : undefined)
}

/**
 * @throws {NexusError} Corrupt if it is no content row, Unsupported if a newer version wrote it
 */
export function decodeContentRow(entry: MetadataEntry): ContentRow {
  const { fields, bytes } = decodeRecord(entry.value)
  const { st: state, s: size, co: codec, b: key } = fields
  if (codec !== plainCodec) {
    throw new NexusError('Unsupported', `content in the codec ${JSON.stringify(codec)}; update nexusfs to read it`)
  }
  const hasPlace = bytes !== undefined || (typeof key === 'string' && blobKeyPattern.test(key))
  if ((state !== 'live' && state !== 'deleting') || !isSize(size) || !hasPlace) {
    throw new NexusError('Corrupt', 'a content row does not say where its content is; restore the metadata from a backup')
  }
  return { state, size, location: bytes === undefined ? { kind: 'blob', key: String(key) } : { kind: 'inline', bytes } }
}
