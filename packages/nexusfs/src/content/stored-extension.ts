import { type Digest, digestOf } from '../core/digest.ts'
import { NexusError } from '../core/errors.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { type ContentLocation, type ContentRow, decodeContentRow } from './content-row.ts'
import type { ContentStore } from './content-store.ts'
import type { Chunk } from './manifest.ts'
import { type ByteSpan, piecesOf } from './stored-chunks.ts'

/** A content that is another one and parts more. */
export interface StoredExtension extends Chunk {
  readonly location: Extract<ContentLocation, { kind: 'extended' }>
}

/**
 * A part of it, verified, in pieces that belong to the caller: what it begins with first, then what was added.
 * @throws {NexusError} Corrupt, Aborted
 */
export async function* streamExtended(
  contents: ContentStore,
  metadata: MetadataStore,
  stored: StoredExtension,
  { start, end }: ByteSpan,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const [root] = stored.location.chain
  if (root !== undefined && start < root.size) {
    const pieces = await contents.stream(root, { start, end: Math.min(end, root.size) }, signal)
    if (pieces === undefined) throw lostContent(root.digest)
    yield* pieces
  }
  for (const { at, bytes } of await partsOf(contents, metadata, stored, { start, end }, signal)) {
    yield* piecesOf(new Uint8Array(bytes.subarray(Math.max(0, start - at), Math.max(0, end - at))))
  }
}

/**
 * All of it in one array.
 * @throws {NexusError} Corrupt
 */
export async function loadExtended(
  contents: ContentStore,
  metadata: MetadataStore,
  stored: StoredExtension,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(stored.size)
  const [root] = stored.location.chain
  const beginning = root && (await contents.read(root.digest))
  if (root === undefined || beginning?.length !== root.size) throw lostContent(root?.digest ?? stored.digest)
  whole.set(beginning)
  const all = { start: 0, end: stored.size }
  for (const { at, bytes } of await partsOf(contents, metadata, stored, all, undefined)) whole.set(bytes, at)
  return whole
}

/** The parts behind the root that a span touches, in their order; their rows in one read. */
async function partsOf(
  contents: ContentStore,
  metadata: MetadataStore,
  { location, size }: StoredExtension,
  { start, end }: ByteSpan,
  signal: AbortSignal | undefined,
): Promise<readonly { readonly at: number; readonly bytes: Uint8Array }[]> {
  const between = location.chain.slice(1).filter((link) => link.size > start)
  const rows =
    between.length === 0
      ? []
      : await rowsOf(
          metadata,
          between.map(({ digest }) => digest),
          signal,
        )
  const parts = [...rows, { location, size }].map(({ location: each, size: total }) => {
    if (each.kind !== 'extended') throw lostContent(location.part.digest)
    return { at: total - each.part.size, location: each }
  })
  const touched = parts.filter(({ at, location: { part } }) => at < end && at + part.size > start)
  return Promise.all(touched.map(async ({ at, location: each }) => ({ at, bytes: await partOf(contents, each) })))
}

/**
 * The verified bytes that a content adds to the one before it.
 * @throws {NexusError} Corrupt
 */
export async function partOf(contents: ContentStore, { part, bytes }: StoredExtension['location']): Promise<Uint8Array> {
  if (bytes === undefined) return contents.chunk(part, undefined)
  if (digestOf(bytes) === part.digest) return bytes
  throw new NexusError('Corrupt', `content ${part.digest} is damaged: its bytes have another digest`, {
    advice: 'write the file again or restore it from a backup',
    context: { digest: part.digest },
  })
}

/**
 * The rows of contents that others hold on to.
 * @throws {NexusError} Corrupt if one is missing
 */
export async function rowsOf(
  metadata: MetadataStore,
  digests: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<readonly ContentRow[]> {
  const { get } = await metadata.read({ get: digests.map(contentKey) }, { signal })
  return digests.map((digest, index) => {
    const row = get[index]
    if (row === undefined) throw lostContent(digest)
    return decodeContentRow(row)
  })
}

export function lostContent(digest: Digest): NexusError {
  return new NexusError('Corrupt', `the store has lost the content ${digest}`, {
    advice: 'write the file again or restore it from a backup',
    context: { digest },
  })
}
