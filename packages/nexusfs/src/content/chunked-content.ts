import type { Digest } from '../core/digest.ts'
import type { Id } from '../core/id.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { Expectation, Key, MetadataEntry } from '../metadata/metadata-store.ts'
import { type ContentLocation, decodeOrDamaged, encodeContentRow } from './content-row.ts'
import type { ContentStore } from './content-store.ts'
import { type ContentPlan, checkSameSize, type IncomingContent, type InlineBudget, reuse } from './incoming-content.ts'
import { leaseEnded, type ManifestWriter, type WrittenManifest } from './manifest-writer.ts'

/** A content whose chunks are stored already: what is left is one row, which makes it visible. */
export class ChunkedContent implements IncomingContent {
  readonly digest: Digest
  readonly size: number
  readonly key: Key
  /** It need not fit into memory. */
  readonly bytes: undefined
  readonly #contents: ContentStore
  readonly #writer: ManifestWriter
  readonly #written: WrittenManifest
  #isReferred = false
  #isLeaseLost = false
  #superseded: ContentLocation | undefined

  constructor(
    contents: ContentStore,
    { digest, size, writer, written }: { digest: Digest; size: number; writer: ManifestWriter; written: WrittenManifest },
  ) {
    this.#contents = contents
    this.digest = digest
    this.size = size
    this.key = contentKey(digest)
    this.#writer = writer
    this.#written = written
  }

  async plan(row: MetadataEntry | undefined, _inline: InlineBudget, signal?: AbortSignal): Promise<ContentPlan> {
    this.startAttempt()
    if (row === undefined) return this.#publish({ kind: 'absent', key: this.key })
    const unchanged: Expectation = { kind: 'at', key: this.key, revision: row.revision }
    const known = decodeOrDamaged(row)
    if (known === undefined) return this.#publish(unchanged)
    checkSameSize(this, known.size)
    if (known.state === 'deleting') return this.#publish(unchanged)
    const { location } = known
    const isOwn = location.kind === 'chunks' && location.manifest === this.#written.manifest
    if (!isOwn && !(await this.#contents.isReliable(location, known.size, signal))) {
      this.#superseded = location
      return this.#publish(unchanged)
    }
    this.#isReferred = isOwn
    return reuse(unchanged)
  }

  startAttempt(): void {
    this.#isReferred = false
    this.#superseded = undefined
  }

  leaseLost(): void {
    this.#contents.lease.lost(this.#process)
    this.#isLeaseLost = true
  }

  settle(outcome: 'kept' | 'dropped' | 'unresolved'): void {
    if (outcome === 'kept' && this.#superseded !== undefined) this.#contents.discard(this.#superseded, this.digest)
    const isOrphan = outcome === 'dropped' || (outcome === 'kept' && !this.#isReferred)
    if (isOrphan) this.#contents.cleanUp(this.#writer.abandon())
  }

  /** @throws {NexusError} Unavailable, outcome none, if the lease is gone under which the chunks were stored */
  #publish(row: Expectation): ContentPlan {
    if (this.#isLeaseLost) throw leaseEnded()
    this.#isReferred = true
    const location: ContentLocation = { kind: 'chunks', ...this.#written }
    const value = encodeContentRow({ state: 'live', size: this.size, location })
    return {
      expect: [row, this.#contents.lease.expectation(this.#process)],
      writes: [{ kind: 'put', key: this.key, value }],
    }
  }

  get #process(): Id {
    return this.#writer.process
  }
}
