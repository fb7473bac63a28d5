import { concatBytes } from '../core/bytes.ts'
import { type Digest, DigestStream, digestInKey, digestOf } from '../core/digest.ts'
import { isNexusError, NexusError, throwIfAborted } from '../core/errors.ts'
import { checkedPage } from '../metadata/checked-page.ts'
import { contentGroup } from '../metadata/keyspace.ts'
import type { MetadataEntry, MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { type ContentRow, decodeContentRow } from './content-row.ts'

export interface CopyContentsOptions {
  readonly from: StorageBackend
  readonly to: StorageBackend
  /** Its content rows say what is copied. */
  readonly metadata: MetadataStore
  /** True = blobs that `to` holds already are read again and compared; false = their size is enough. */
  readonly verify: boolean
  readonly signal?: AbortSignal | undefined
  /** Called after each content. */
  readonly onProgress?: ((copied: CopiedContents) => void) | undefined
}

/** What was copied; sizes in bytes. */
export interface CopiedContents {
  /** Contents that the rows name, however they are stored. */
  readonly contents: number
  readonly bytes: number
  /** Blobs that were not there yet. */
  readonly newBlobs: number
  readonly newBytes: number
  /** Contents that are missing or damaged in `from`, or whose rows cannot be understood; they were not copied. */
  readonly damaged: readonly DamagedContent[]
}

/** A content that could not be copied. */
export interface DamagedContent {
  /** `undefined` where the key of its row holds none. */
  readonly digest: Digest | undefined
  /** What is wrong with it. */
  readonly problem: string
}

/** Contents inside the rows come with the page: up to 128 KiB each. */
const pageEntries = 64
/** Blobs on their way at the same time. */
const width = 8

/**
 * Copies every content that the rows of a metadata store name to another storage backend, under the same blob keys. Each byte that is
 * copied is checked against its digest first; what is damaged is not copied, and listed. What `to` holds already is not copied again,
 * so an interrupted copy goes on where it was.
 * @throws {NexusError} Aborted, and what the two layers throw
 */
export async function copyContents(options: CopyContentsOptions): Promise<CopiedContents> {
  const tally = new Tally(options)
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  try {
    for await (const row of contentRows(options)) {
      const done: Promise<void> = copyContent(row, options, tally)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(done))
      running.add(done)
      if (running.size >= width) await Promise.race(running)
      if (failures.length > 0) break
    }
  } finally {
    await Promise.all(running)
  }
  if (failures.length > 0) throw failures[0]
  return tally.copied()
}

async function* contentRows({ metadata, signal }: CopyContentsOptions): AsyncGenerator<MetadataEntry> {
  for (let from: Uint8Array | undefined; ; ) {
    const asked = { group: contentGroup, from, limit: pageEntries }
    const [page] = (await metadata.read({ scan: [asked] }, { signal })).scan
    const { entries = [], hasMore = false } = page === undefined ? {} : checkedPage(page, asked)
    yield* entries
    const last = entries.at(-1)
    if (!hasMore || last === undefined) return
    from = concatBytes(last.key.item, Uint8Array.of(0))
  }
}

async function copyContent(row: MetadataEntry, options: CopyContentsOptions, tally: Tally): Promise<void> {
  throwIfAborted(options.signal, 'copy of contents')
  const readable = readRow(row)
  if ('problem' in readable) return tally.damage(0, readable)
  const { digest, location, size } = readable
  if (location.kind === 'inline') {
    if (digestOf(location.bytes) === digest) tally.there(size)
    else tally.damage(size, { digest, problem: 'its bytes in the metadata have another digest' })
    return
  }
  // What it is made of has rows of its own.
  if (location.kind === 'chunks' || location.kind === 'extended') return tally.there(0)
  if (await isCopied(location.key, size, digest, options)) return tally.there(size)
  try {
    await options.to.put(location.key, verified(options, location.key, size, digest), { size, signal: options.signal })
    tally.blob(size)
  } catch (error) {
    const problem = damageOf(error)
    if (problem === undefined) throw error
    tally.damage(size, { digest, problem })
  }
}

type Readable = Pick<ContentRow, 'location' | 'size'> & { readonly digest: Digest }

/** A row that cannot be understood is one content that is lost, not the end of all others. */
function readRow(row: MetadataEntry): Readable | DamagedContent {
  let digest: Digest | undefined
  try {
    digest = digestInKey(row.key.item)
    return { digest, ...decodeContentRow(row) }
  } catch (error) {
    if (!isNexusError(error)) throw error
    return { digest, problem: error.message }
  }
}

/** A blob of the right size was whole when it was put there, since nothing partial is ever visible. */
async function isCopied(
  key: string,
  size: number,
  digest: Digest,
  { to, verify, signal }: CopyContentsOptions,
): Promise<boolean> {
  const [found] = await to.stat([key], { signal })
  if (found?.size !== size) return false
  if (!verify) return true
  const hash = new DigestStream()
  for await (const piece of to.stream(key, { signal })) hash.update(piece)
  return hash.digest() === digest
}

/** The pieces of a blob; the last one comes only after the whole has proved to be what it should be. */
async function* verified(
  { from, signal }: CopyContentsOptions,
  key: string,
  size: number,
  digest: Digest,
): AsyncGenerator<Uint8Array> {
  const hash = new DigestStream()
  let held: Uint8Array | undefined
  let bytes = 0
  for await (const piece of from.stream(key, { signal })) {
    if (held !== undefined) yield held
    hash.update(piece)
    bytes += piece.length
    held = piece
  }
  if (bytes !== size) throw new NexusError('Corrupt', `it has ${bytes} bytes instead of ${size}`)
  const actual = hash.digest()
  if (actual !== digest) throw new NexusError('Corrupt', `its bytes have the digest ${actual}`)
  if (held !== undefined) yield held
}

/** What is wrong with a content, or `undefined` if the error is about something else. */
function damageOf(error: unknown): string | undefined {
  if (isNexusError(error, 'NotFound')) return 'its blob is missing'
  return isNexusError(error, 'Corrupt') ? error.message : undefined
}

class Tally {
  readonly #options: CopyContentsOptions
  readonly #damaged: DamagedContent[] = []
  #contents = 0
  #bytes = 0
  #newBlobs = 0
  #newBytes = 0

  constructor(options: CopyContentsOptions) {
    this.#options = options
  }

  copied(): CopiedContents {
    return {
      contents: this.#contents,
      bytes: this.#bytes,
      newBlobs: this.#newBlobs,
      newBytes: this.#newBytes,
      damaged: this.#damaged,
    }
  }

  there(size: number): void {
    this.#contents++
    this.#bytes += size
    this.#options.onProgress?.(this.copied())
  }

  blob(size: number): void {
    this.#newBlobs++
    this.#newBytes += size
    this.there(size)
  }

  damage(size: number, content: DamagedContent): void {
    this.#damaged.push(content)
    this.there(size)
  }
}
