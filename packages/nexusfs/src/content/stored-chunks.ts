import { isNexusError } from '../core/errors.ts'
import { orAborted } from '../engine-kit/deadline.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { MetadataEntry, MetadataStore } from '../metadata/metadata-store.ts'
import type { ContentStore } from './content-store.ts'
import { chunkPages, type PlacedChunk, type StoredInChunks } from './manifest.ts'

/** Bytes of a content from `start` to before `end`, which may lie behind it. */
export interface ByteSpan {
  readonly start: number
  readonly end: number
}

/** Pieces that are handed out have at most so many bytes. */
const pieceBytes = 1024 * 1024
/** Chunks are read ahead of who takes them, up to so many bytes, and one more. */
const aheadBytes = 4 * 1024 * 1024

/**
 * A part of a content, chunk by chunk, each verified before any of it is handed out, in pieces that belong to the caller. Left early, it reads
 * no more.
 * @throws {NexusError} Corrupt, Aborted
 */
export async function* streamChunks(
  contents: ContentStore,
  metadata: MetadataStore,
  stored: StoredInChunks,
  { start, end }: ByteSpan,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for await (const { bytes, at } of chunksAhead(contents, metadata, stored, { start, end }, signal)) {
    yield* piecesOf(bytes.subarray(Math.max(0, start - at), end - at))
  }
}

/**
 * All of it in one array.
 * @throws {NexusError} Corrupt
 */
export async function loadChunks(
  contents: ContentStore,
  metadata: MetadataStore,
  stored: StoredInChunks,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(stored.size)
  const all = { start: 0, end: stored.size }
  for await (const { bytes, at } of chunksAhead(contents, metadata, stored, all, undefined)) whole.set(bytes, at)
  return whole
}

/** The pieces of bytes that belong to the caller. */
export function* piecesOf(bytes: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes)
}

async function* chunksAhead(
  contents: ContentStore,
  metadata: MetadataStore,
  stored: StoredInChunks,
  { start, end }: ByteSpan,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly at: number }, void, undefined> {
  const list = rowsOf(metadata, chunkPages(metadata, stored, start, signal), end, signal)
  const coming: { readonly chunk: PlacedChunk; readonly bytes: Promise<Uint8Array<ArrayBuffer>> }[] = []
  let comingBytes = 0
  let isAtEnd = false
  try {
    for (;;) {
      while (!isAtEnd && (coming.length === 0 || comingBytes < aheadBytes)) {
        const { value } = await list.next()
        if (value === undefined) {
          isAtEnd = true
          break
        }
        const bytes = contents.chunk(value.chunk, value.row)
        bytes.catch(() => undefined)
        coming.push({ chunk: value.chunk, bytes })
        comingBytes += value.chunk.size
      }
      const next = coming.shift()
      if (next === undefined) return
      comingBytes -= next.chunk.size
      yield { bytes: await orAborted(() => next.bytes, signal, 'read'), at: next.chunk.start }
    }
  } catch (error) {
    if (!isNexusError(error, 'Corrupt')) throw error
    contents.trust.distrust(stored.location.manifest)
    throw error.with({ summary: `content ${stored.digest} is damaged: ${error.summary}`, context: { digest: stored.digest } })
  }
}

/** The chunks before `end`, with their rows: one read for those of a page. */
async function* rowsOf(
  metadata: MetadataStore,
  pages: AsyncIterable<readonly PlacedChunk[]>,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly chunk: PlacedChunk; readonly row: MetadataEntry | undefined }, undefined, undefined> {
  for await (const page of pages) {
    const chunks = page.filter((chunk) => chunk.start < end)
    const { get } = await metadata.read({ get: chunks.map(({ digest }) => contentKey(digest)) }, { signal })
    for (const [index, chunk] of chunks.entries()) yield { chunk, row: get[index] }
    if (chunks.length < page.length) return
  }
}
