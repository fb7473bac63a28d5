import { type Digest, DigestStream, digestOf } from '../core/digest.ts'
import { isWeakerDurability } from '../core/durability.ts'
import { isNexusError, NexusError } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import { limits } from '../core/limits.ts'
import type { Clock, Random } from '../core/system.ts'
import { orAborted } from '../engine-kit/deadline.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { MetadataEntry, MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { BodyBuffers, largeBodyBytes } from './body-buffers.ts'
import { ContentCache } from './content-cache.ts'
import { ContentHashes, digestOfLarge, updateInSlices } from './content-hashes.ts'
import { type ContentLocation, decodeContentRow, decodeOrDamaged } from './content-row.ts'
import { discardExtension, ExtendedContent, extensionOf } from './extended-content.ts'
import { type Chunking, chunkingFor } from './fast-cdc.ts'
import type { IncomingContent } from './incoming-content.ts'
import { BlobTrust, FamiliarContent } from './known-content.ts'
import { type Chunk, discardManifest, type StoredInChunks } from './manifest.ts'
import { ProcessLease } from './process-lease.ts'
import { receiveBehind, receiveLarge, receiveStream } from './receive-chunks.ts'
import { type ByteSpan, loadChunks, piecesOf, streamChunks } from './stored-chunks.ts'
import { loadExtended, lostContent, type StoredExtension, streamExtended } from './stored-extension.ts'
import { WholeContent } from './whole-content.ts'

/** From this size on, in bytes, content is hashed while it is being stored. */
const stagedBytes = 512 * 1024

/** Up to this size, content is hashed at one go (about a millisecond) where no write is to go on meanwhile; in bytes. */
const wholeBytes = 2 * 1024 * 1024

export interface ContentStoreOptions {
  readonly storage: StorageBackend
  readonly metadata: MetadataStore
  readonly storeId: Id
  readonly clock: Clock
  readonly random: Random
  /** In bytes. */
  readonly cacheBytes: number
}

/** Content by digest over both ports: stored once, verified whenever it is read. */
export class ContentStore {
  readonly storage: StorageBackend
  readonly storeId: Id
  readonly clock: Clock
  readonly random: Random
  readonly chunking: Chunking
  readonly lease: ProcessLease
  readonly bodies: BodyBuffers = new BodyBuffers()
  readonly trust: BlobTrust
  readonly hashes: ContentHashes = new ContentHashes()
  readonly #metadata: MetadataStore
  readonly #cache: ContentCache
  readonly #familiar = new FamiliarContent()
  readonly #fetches = new Map<Digest, Promise<Uint8Array | undefined>>()
  readonly #cleanUps = new Set<Promise<void>>()

  constructor(options: ContentStoreOptions) {
    this.storage = options.storage
    this.storeId = options.storeId
    this.chunking = chunkingFor(options.storage.info.preferredChunkBytes)
    this.clock = options.clock
    this.random = options.random
    this.#metadata = options.metadata
    this.trust = new BlobTrust(options.storage, options.clock)
    this.#cache = new ContentCache(options.cacheBytes)
    this.lease = new ProcessLease(options.metadata, options.clock, options.random)
  }

  /**
   * Takes in bytes that nobody changes any more. Large content that looks new begins to be stored while it is hashed; above 8 MiB it is
   * stored in chunks before this returns.
   * @throws {NexusError} Aborted; above 8 MiB also what storing throws, and nothing stays
   */
  async receive(bytes: Uint8Array, signal?: AbortSignal): Promise<IncomingContent> {
    if (bytes.length < stagedBytes) return new WholeContent(this, { bytes, digest: digestOf(bytes) })
    if (bytes.length > this.chunking.wholeBytes) return receiveLarge(this, this.#metadata, bytes, signal)
    const staged = this.#familiar.isFamiliar(bytes) ? undefined : this.storage.stage?.(bytes, { size: bytes.length, signal })
    if (staged === undefined && bytes.length <= wholeBytes) return new WholeContent(this, { bytes, digest: digestOf(bytes) })
    staged?.catch(() => undefined)
    try {
      return new WholeContent(this, { bytes, digest: await digestOfLarge(bytes, signal), staged })
    } catch (error) {
      if (staged !== undefined) this.cleanUp(staged.then((blob) => blob.discard()))
      throw error
    }
  }

  /** Takes in content of any length piece by piece; see `receiveStream`. */
  receiveStream(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<IncomingContent> {
    return receiveStream(this, this.#metadata, body, signal)
  }

  /**
   * Takes in a content that is another one, which is stored, and bytes more. Only the bytes are stored, and now and then some of what was added before.
   * What is there is read only where this process does not know how its hash stands.
   * @throws {NexusError} Corrupt, Aborted
   */
  async extend(old: Chunk, tail: Uint8Array, signal: AbortSignal | undefined): Promise<IncomingContent> {
    const hash = await this.#hashBehind(old, signal)
    await updateInSlices(hash, tail, { sliceBytes: wholeBytes, signal })
    const digest = this.hashes.set(hash)
    const extension = await extensionOf(this, this.#metadata, old, tail, signal)
    const [root] = extension.chain
    if (root === undefined || extension.part.length <= this.chunking.sizes.target) {
      return new ExtendedContent(this, this.#metadata, digest, extension)
    }
    const stored = await this.#inChunks(root.digest, signal)
    return receiveBehind(this, this.#metadata, { content: root, stored }, extension.part, digest, signal)
  }

  async #hashBehind(old: Chunk, signal: AbortSignal | undefined): Promise<DigestStream> {
    const known = this.hashes.get(old.digest)
    if (known !== undefined) return known
    const hash = new DigestStream()
    const pieces = await this.stream(old, { start: 0, end: old.size }, signal)
    for await (const piece of pieces ?? []) await updateInSlices(hash, piece, { sliceBytes: wholeBytes, signal })
    if (this.hashes.set(hash) === old.digest) return hash
    throw pieces === undefined ? lostContent(old.digest) : corrupt(old.digest, 'its parts together have another digest')
  }

  /** The content if it is at hand; the array must not be changed or handed to a caller. */
  cached(digest: Digest): Uint8Array | undefined {
    return this.#cache.get(digest)
  }

  /**
   * The verified content, or `undefined` if the store has no row of it. The array must not be changed or handed to a caller.
   * Readers of the same content at the same time share one fetch; a caller who cancels leaves it to the others.
   * @throws {NexusError} Corrupt if what is stored is not what was written; nothing of it is returned
   */
  read(digest: Digest): Promise<Uint8Array | undefined> {
    const cached = this.#cache.get(digest)
    if (cached !== undefined) return Promise.resolve(cached)
    const running = this.#fetches.get(digest)
    if (running !== undefined) return running
    const fetch = this.#fetch(digest)
      .then((bytes) => this.#keep(digest, bytes))
      .finally(() => this.#fetches.delete(digest))
    this.#fetches.set(digest, fetch)
    return fetch
  }

  /**
   * A part of a content, verified, in pieces of at most 1 MiB that belong to the caller; `undefined` if the store has no row of it. Of content in
   * chunks only those are read that the part touches, a few ahead of the caller.
   * @throws {NexusError} Corrupt if what is stored is not what was written, and Aborted: by the pieces, when they are asked for
   */
  async stream(
    { digest, size }: Chunk,
    span: ByteSpan,
    signal: AbortSignal | undefined,
  ): Promise<Iterable<Uint8Array<ArrayBuffer>> | AsyncIterable<Uint8Array<ArrayBuffer>> | undefined> {
    const row = size > this.chunking.wholeBytes ? await this.#row(digest, signal) : undefined
    const location = row && decodeContentRow(row).location
    if (location?.kind === 'chunks') return streamChunks(this, this.#metadata, { digest, location, size }, span, signal)
    if (location?.kind === 'extended') return streamExtended(this, this.#metadata, { digest, location, size }, span, signal)
    const bytes = await orAborted(() => this.read(digest), signal, 'read')
    return bytes && piecesOf(new Uint8Array(bytes.subarray(span.start, span.end)))
  }

  /**
   * A verified chunk, in an array that belongs to the caller, and is not kept at hand.
   * @param row of the chunk, as it was seen lately
   */
  async chunk({ digest, size }: Chunk, row: MetadataEntry | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#fetch(digest, row)
    if (bytes?.length === size) return owned(bytes)
    throw corrupt(digest, bytes === undefined ? 'its row is missing' : `it has ${bytes.length} bytes instead of ${size}`)
  }

  /**
   * Whether a further version may refer to what a live row says: the bytes inside it, or a blob that is there, whole as far as a
   * cheap look tells, and as durable as this process promises.
   * @throws {NexusError} Aborted, and what the storage backend throws
   */
  async isReliable(location: ContentLocation, size: number, signal?: AbortSignal): Promise<boolean> {
    if (location.kind === 'inline') return true
    if (location.kind === 'chunks') return this.trust.isListIntact(location.manifest)
    if (location.kind === 'extended') return this.#isBaseReliable(location, signal)
    if (isWeakerDurability(location.durability, this.storage.info.durability)) return false
    return this.trust.isIntact(location.key, size, signal)
  }

  /** Content was stored. What is small is kept at hand, but for tiny content, which is in the entry; the memory of large content serves the next. */
  written(digest: Digest, bytes: Uint8Array): void {
    if (bytes.length > limits.tinyContentBytes && bytes.length < largeBodyBytes) this.#cache.put(digest, bytes)
    if (bytes.length >= stagedBytes) this.#familiar.remember(bytes)
  }

  /** Removes in the background what a call no longer needs. What fails to go is an orphan, which a sweep finds. */
  cleanUp(work: Promise<void>): void {
    const settled: Promise<void> = work.catch(() => undefined).finally(() => this.#cleanUps.delete(settled))
    this.#cleanUps.add(settled)
  }

  /** Removes what the row of a content named until it was replaced. */
  discard(location: ContentLocation, digest: Digest): void {
    if (location.kind === 'blob') this.cleanUp(this.storage.delete([location.key]))
    if (location.kind === 'chunks') this.cleanUp(discardManifest(this.#metadata, location.manifest))
    if (location.kind === 'extended') this.cleanUp(discardExtension(this.#metadata, location, digest))
  }

  async close(): Promise<void> {
    await Promise.all(this.#cleanUps)
    await this.lease.close()
  }

  #keep(digest: Digest, bytes: Uint8Array | undefined): Uint8Array | undefined {
    if (bytes === undefined) return undefined
    this.#cache.put(digest, bytes)
    if (bytes.length >= stagedBytes) this.#familiar.remember(bytes)
    return bytes
  }

  /** The parts are seldom many, and what is damaged in them is seen when it is read. */
  async #isBaseReliable({ chain: [root], part, bytes }: StoredExtension['location'], signal?: AbortSignal): Promise<boolean> {
    const named = [...(root === undefined ? [] : [root.digest]), ...(bytes === undefined ? [part.digest] : [])]
    const { get } = await this.#metadata.read({ get: named.map(contentKey) }, { signal })
    const reliable = get.map(async (row) => {
      const known = row && decodeOrDamaged(row)
      return known?.state === 'live' && this.isReliable(known.location, known.size, signal)
    })
    return (await Promise.all(reliable)).every((each) => each)
  }

  async #inChunks(digest: Digest, signal: AbortSignal | undefined): Promise<StoredInChunks | undefined> {
    const row = await this.#row(digest, signal)
    const { location, size } = row === undefined ? noContent : decodeContentRow(row)
    return location?.kind === 'chunks' ? { digest, location, size } : undefined
  }

  async #row(digest: Digest, signal?: AbortSignal): Promise<MetadataEntry | undefined> {
    return (await this.#metadata.read({ get: [contentKey(digest)] }, { signal })).get[0]
  }

  /** A blob may be collected between the look at its row and the look at the blob: then the row has changed, and is read again. */
  async #fetch(digest: Digest, seen?: MetadataEntry): Promise<Uint8Array | undefined> {
    let before: MetadataEntry | undefined
    for (let row = seen ?? (await this.#row(digest)); row !== undefined; row = await this.#row(digest)) {
      if (row.revision === before?.revision) throw this.#missing(digest, row)
      const bytes = await this.#load(digest, row)
      if (bytes !== undefined) return bytes
      before = row
    }
    return undefined
  }

  /** `undefined` if the blob is missing. */
  async #load(digest: Digest, row: MetadataEntry): Promise<Uint8Array | undefined> {
    const { location, size } = decodeContentRow(row)
    if (location.kind === 'chunks') return loadChunks(this, this.#metadata, { digest, location, size })
    if (location.kind === 'extended') return loadExtended(this, this.#metadata, { digest, location, size })
    const bytes = location.kind === 'inline' ? location.bytes : await this.#blob(location.key)
    if (bytes === undefined) return undefined
    const wrong = bytes.length === size ? await wrongDigest(digest, bytes) : `it has ${bytes.length} bytes instead of ${size}`
    if (location.kind === 'blob') {
      if (wrong === undefined) this.trust.confirm(location.key)
      else this.trust.distrust(location.key)
    }
    if (wrong !== undefined) throw corrupt(digest, wrong)
    return bytes
  }

  #missing(digest: Digest, row: MetadataEntry): NexusError {
    const { location } = decodeContentRow(row)
    if (location.kind === 'blob') this.trust.distrust(location.key)
    return corrupt(digest, 'its blob is missing')
  }

  async #blob(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.storage.get(key)
    } catch (error) {
      if (isNexusError(error, 'NotFound')) return undefined
      throw error
    }
  }
}

/** The same array if nobody else can have a part of its memory, else a copy. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length ? new Uint8Array(buffer) : new Uint8Array(bytes)
}

const noContent = { location: undefined, size: 0 } as const

async function wrongDigest(digest: Digest, bytes: Uint8Array): Promise<string | undefined> {
  const actual = bytes.length < stagedBytes ? digestOf(bytes) : await digestOfLarge(bytes, undefined)
  return actual === digest ? undefined : `its bytes have the digest ${actual}`
}

function corrupt(digest: Digest, what: string): NexusError {
  const advice = 'write the file again or restore it from a backup'
  return new NexusError('Corrupt', `content ${digest} is damaged: ${what}`, { advice, context: { digest } })
}
