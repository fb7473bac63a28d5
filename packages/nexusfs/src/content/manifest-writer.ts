import { type Digest, DigestStream, digestOnThread } from '../core/digest.ts'
import { isNexusError, NexusError, throwIfAborted } from '../core/errors.ts'
import { type Id, newId } from '../core/id.ts'
import { Backoff } from '../engine-kit/backoff.ts'
import { orAborted } from '../engine-kit/deadline.ts'
import { chunkReferenceKey, contentKey, emptyValue, type ManifestId, manifestId, manifestPageKey } from '../metadata/keyspace.ts'
import type { Commit, Key, MetadataEntry, MetadataStore, Write } from '../metadata/metadata-store.ts'
import { decodeContentRow } from './content-row.ts'
import type { ContentStore } from './content-store.ts'
import { type ContentPlan, InlineBudget, reuse } from './incoming-content.ts'
import { type Chunk, discardManifest, encodeManifestPage } from './manifest.ts'
import { lostContent } from './stored-extension.ts'
import { WholeContent } from './whole-content.ts'

/** Chunks in a step, at most: they need no memory if they are stored already. */
const stepChunks = 250
/** How long a step is tried again when others come first or replies are lost, in milliseconds. */
const stepWithinMs = 30_000

/** A list of chunks that was written; nothing refers to it yet. */
export interface WrittenManifest {
  readonly manifest: ManifestId
  /** Digest of its pages. */
  readonly list: Digest
}

/**
 * Stores the chunks of one content, and their list beside them, step by step. Each step is one commit: it introduces the chunks that are new,
 * takes hold of those that are known, and puts a page of the list. Nothing is visible of it until a content row names the manifest; what
 * never gets one is taken back (`abandon`), or, after a crash, found by a sweep, since the process of its id has ended.
 */
export class ManifestWriter {
  readonly manifest: ManifestId
  /** Under whose lease the chunks are stored. */
  readonly process: Id
  readonly #contents: ContentStore
  readonly #metadata: MetadataStore
  readonly #signal: AbortSignal | undefined
  readonly #list = new DigestStream()
  #step: (StepChunk | Promise<StepChunk>)[] = []
  #stepBytes = 0
  #end = 0
  /** What is known of the step that is being committed. */
  #outcome: 'kept' | 'dropped' | 'unresolved' = 'dropped'
  #committing: Promise<void> = Promise.resolve()

  /**
   * Takes the lease of this process.
   * @throws {NexusError} as `ProcessLease.hold`
   */
  static async open(contents: ContentStore, metadata: MetadataStore, signal: AbortSignal | undefined): Promise<ManifestWriter> {
    const process = await orAborted(() => contents.lease.hold(), signal, 'write')
    return new ManifestWriter(contents, metadata, process, signal)
  }

  private constructor(contents: ContentStore, metadata: MetadataStore, process: Id, signal: AbortSignal | undefined) {
    this.#contents = contents
    this.#metadata = metadata
    this.process = process
    this.manifest = manifestId(process, newId(contents.random))
    this.#signal = signal
  }

  /** True while chunks are waiting for their step to be full. Once it is, all those of the steps before the one just begun are stored. */
  get hasOpenStep(): boolean {
    return this.#step.length > 0
  }

  /**
   * Takes the next chunk: bytes that nobody changes until they are stored, or one that the store has already, as long as that is held by another
   * manifest. Waits while two steps are under way.
   * @throws {NexusError} what storing the chunks before it threw
   */
  async add(chunk: Uint8Array | Chunk): Promise<void> {
    this.#step.push(chunk instanceof Uint8Array ? this.#hashed(chunk) : new HeldChunk(chunk))
    if (chunk instanceof Uint8Array) this.#stepBytes += chunk.length
    if (this.#stepBytes >= this.#contents.chunking.stepBytes || this.#step.length >= stepChunks) await this.#flush()
  }

  /** Ends the list. */
  async finish(): Promise<WrittenManifest> {
    await this.#flush()
    await this.#committing
    return { manifest: this.manifest, list: this.#list.digest() }
  }

  /** Takes back the list and its hold on the chunks, as far as it goes; what stays is found by a sweep. */
  async abandon(): Promise<void> {
    await this.#committing.catch(() => undefined)
    await discardManifest(this.#metadata, this.manifest)
  }

  async #flush(): Promise<void> {
    await this.#committing
    if (this.#step.length === 0) return
    const chunks = this.#step
    this.#step = []
    this.#stepBytes = 0
    this.#committing = this.#store(chunks)
    // The next call is told.
    this.#committing.catch(() => undefined)
  }

  /** Begun at once, so that the digests are there when the step is full. */
  #hashed(bytes: Uint8Array): Promise<StepChunk> {
    const hashed = digestOnThread(bytes).then((digest) => new WholeContent(this.#contents, { bytes, digest, isChunk: true }))
    // The step fails by it.
    hashed.catch(() => undefined)
    return hashed
  }

  async #store(chunks: readonly (StepChunk | Promise<StepChunk>)[]): Promise<void> {
    const contents = await Promise.all(chunks)
    const page = encodeManifestPage(contents)
    this.#list.update(page)
    this.#end += contents.reduce((sum, { size }) => sum + size, 0)
    const distinct = [...new Map(contents.map((each) => [each.digest, each])).values()]
    this.#outcome = 'dropped'
    try {
      await this.#commitStep(distinct, { kind: 'put', key: manifestPageKey(this.manifest, this.#end), value: page })
      this.#outcome = 'kept'
    } finally {
      for (const content of distinct) content.settle(this.#outcome)
    }
  }

  /** Until it is known to be applied: the page tells, since nobody else writes it. */
  async #commitStep(chunks: readonly StepChunk[], page: Extract<Write, { kind: 'put' }>): Promise<void> {
    const { clock, random } = this.#contents
    const deadline = clock.monotonic() + stepWithinMs
    for (const backoff = new Backoff({ firstMs: 2, longestMs: 500, random }); ; ) {
      throwIfAborted(this.#signal, 'write', 'none')
      const tried = await this.#tryStep(chunks, page)
      if (tried === 'committed') return
      if (clock.monotonic() > deadline) throw tried === 'conflict' ? contended() : tried.lost
      await clock.sleep(backoff.next())
    }
  }

  async #tryStep(
    chunks: readonly StepChunk[],
    page: Extract<Write, { kind: 'put' }>,
  ): Promise<'committed' | 'conflict' | { readonly lost: unknown }> {
    const keys = [page.key, ...chunks.map(({ key }) => key)]
    const { get } = await this.#metadata.read({ get: keys }, { signal: this.#signal })
    if (get[0] !== undefined) return 'committed'
    const planning = chunks.map((chunk, index) => chunk.plan(get[index + 1], InlineBudget.none, this.#signal))
    // All uploads end before any failure is thrown: who settles the chunks then knows what was uploaded.
    await Promise.allSettled(planning)
    const plans = await Promise.all(planning)
    const references = chunks.map(({ digest }) => chunkReferenceKey(digest, this.manifest))
    const commit: Commit = {
      expect: [{ kind: 'absent', key: page.key }, ...plans.flatMap(({ expect }) => expect)],
      writes: [
        page,
        ...plans.flatMap(({ writes }) => writes),
        ...references.map((key) => ({ kind: 'put', key, value: emptyValue }) as const),
      ],
    }
    this.#outcome = 'unresolved'
    try {
      const [result] = await this.#metadata.commit([commit], { signal: this.#signal })
      if (result?.status === 'committed') return 'committed'
      if (result?.status === 'failed') throw result.error
      this.#outcome = 'dropped'
      if (result !== undefined && commit.expect[result.expectation]?.kind === 'present') throw leaseEnded()
      return 'conflict'
    } catch (error) {
      const isKnown = isNexusError(error) && error.outcome === 'none'
      if (isKnown) this.#outcome = 'dropped'
      if (isKnown || this.#signal?.aborted) throw error
      return { lost: error }
    }
  }
}

/** A chunk on its way into a list. */
type StepChunk = Pick<WholeContent, 'digest' | 'size' | 'key' | 'plan' | 'settle'>

/** A chunk that another manifest holds already: its row is expected unchanged. */
class HeldChunk implements StepChunk {
  readonly digest: Digest
  readonly size: number
  readonly key: Key

  constructor({ digest, size }: Chunk) {
    this.digest = digest
    this.size = size
    this.key = contentKey(digest)
  }

  async plan(row: MetadataEntry | undefined): Promise<ContentPlan> {
    if (row !== undefined && decodeContentRow(row).state === 'live') {
      return reuse({ kind: 'at', key: this.key, revision: row.revision })
    }
    throw lostContent(this.digest)
  }

  settle(): void {}
}

/** The list belongs to a process that has ended, as others see it: they may have removed its chunks. */
export function leaseEnded(): NexusError {
  return new NexusError('Unavailable', 'the upload was given up by another process, which took this one for dead', {
    advice: 'write again',
    retry: 'safe',
    outcome: 'none',
  })
}

function contended(): NexusError {
  return new NexusError('Timeout', `other writers came first for ${stepWithinMs / 1000} s`, {
    advice: 'try again when fewer write the same content',
    outcome: 'none',
  })
}
