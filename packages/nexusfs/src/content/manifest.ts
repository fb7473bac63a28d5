import { concatBytes, readUint64, uint64 } from '../core/bytes.ts'
import { type Digest, DigestStream, digestInKey, digestKeyBytes } from '../core/digest.ts'
import { NexusError } from '../core/errors.ts'
import { chunkReferenceKey, type ManifestId, manifestGroup } from '../metadata/keyspace.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord } from '../metadata/record.ts'
import type { ContentLocation } from './content-row.ts'

/** A chunk of a content: a content of its own, by digest; its size in bytes. */
export interface Chunk {
  readonly digest: Digest
  readonly size: number
}

/** A chunk, and where it lies in the content. */
export interface PlacedChunk extends Chunk {
  readonly start: number
}

/** A content that is stored in chunks. */
export interface StoredInChunks {
  readonly digest: Digest
  readonly location: Extract<ContentLocation, { kind: 'chunks' }>
  /** In bytes. */
  readonly size: number
}

const digestBytes = 33
const chunkBytes = digestBytes + 4

/** A page of a manifest: for each chunk the digest as in a key, and the size in 4 bytes, big-endian. */
export function encodeManifestPage(chunks: readonly Chunk[]): Uint8Array {
  const parts = chunks.flatMap(({ digest, size }) => [digestKeyBytes(digest), uint64(size).subarray(4)])
  return encodeRecord({ n: chunks.length }, concatBytes(...parts))
}

/**
 * @throws {NexusError} Corrupt
 */
export function decodeManifestPage(value: Uint8Array): readonly Chunk[] {
  const { fields, bytes } = decodeRecord(value)
  if (bytes === undefined || fields.n === 0 || bytes.length !== Number(fields.n) * chunkBytes) throw notAPage()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: bytes.length / chunkBytes }, (_, index) => {
    const at = index * chunkBytes
    return { digest: digestInKey(bytes.subarray(at, at + digestBytes)), size: view.getUint32(at + digestBytes) }
  })
}

/** Pages fetched in one read. */
const pagesPerRead = 4

/**
 * The chunks of a content from the one that holds the byte at `start`, in their order, page by page. Read from its beginning to its end, the
 * whole list is compared with the digest that the row of the content has of it.
 * @throws {NexusError} Corrupt if the list has a gap, or is not the one that was written
 */
export async function* chunkPages(
  metadata: MetadataStore,
  { location: { manifest, list }, size }: StoredInChunks,
  start: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly PlacedChunk[]> {
  const group = manifestGroup(manifest)
  const seen = start === 0 ? new DigestStream() : undefined
  for (let end: number | undefined; (end ?? start) < size; ) {
    const from = uint64((end ?? start) + 1)
    const { scan } = await metadata.read({ scan: [{ group, from, limit: pagesPerRead }] }, { signal })
    const entries = scan[0]?.entries ?? []
    if (entries.length === 0) throw notAPage()
    for (const { key, value } of entries) {
      seen?.update(value)
      const page = placed(decodeManifestPage(value), readUint64(key.item))
      const first = page[0]?.start ?? 0
      if (end === undefined ? first > start : first !== end) throw notAPage()
      end = readUint64(key.item)
      if (end > size) throw notAPage()
      if (end === size && seen !== undefined && seen.digest() !== list) throw notAPage()
      yield page.filter((chunk) => chunk.start + chunk.size > start)
    }
  }
}

function placed(chunks: readonly Chunk[], end: number): readonly PlacedChunk[] {
  let at = chunks.reduce((rest, { size }) => rest - size, end)
  return chunks.map((chunk) => {
    const start = at
    at += chunk.size
    return { ...chunk, start }
  })
}

function notAPage(): NexusError {
  return new NexusError('Corrupt', 'the list of the chunks of a content is damaged', {
    advice: 'write the file again or restore the metadata from a backup',
  })
}

/**
 * Removes a list that nothing refers to, and its hold on the chunks, page by page; interrupted, it goes on when it is called again.
 */
export async function discardManifest(metadata: MetadataStore, manifest: ManifestId): Promise<void> {
  const group = manifestGroup(manifest)
  for (;;) {
    const [page] = (await metadata.read({ scan: [{ group, limit: 1 }] })).scan
    const entry = page?.entries[0]
    if (entry === undefined) return
    const chunks = new Set(decodeManifestPage(entry.value).map(({ digest }) => digest))
    const keys = [...[...chunks].map((digest) => chunkReferenceKey(digest, manifest)), entry.key]
    const [result] = await metadata.commit([{ expect: [], writes: keys.map((key) => ({ kind: 'delete', key })) }])
    if (result?.status === 'failed') throw result.error
  }
}
