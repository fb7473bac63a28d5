import { equalBytes } from '../core/bytes.ts'
import { type Digest, digestHex } from '../core/digest.ts'
import { type Id, newId } from '../core/id.ts'
import { orAborted } from '../engine-kit/deadline.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { Expectation, Key, MetadataEntry, Write } from '../metadata/metadata-store.ts'
import type { StagedBlob } from '../storage/storage-backend.ts'
import { type ContentLocation, decodeOrDamaged, encodeContentRow } from './content-row.ts'
import type { ContentStore } from './content-store.ts'
import { type ContentPlan, checkSameSize, type IncomingContent, InlineBudget, reuse } from './incoming-content.ts'

export interface WholeContentOptions {
  /** Nobody changes them any more. */
  readonly bytes: Uint8Array
  readonly digest: Digest
  /** Where storing them has begun already. */
  readonly staged?: Promise<StagedBlob> | undefined
  /** True for a part of a larger content: nobody will ask for it alone, so that it is not kept at hand. */
  readonly isChunk?: boolean
}

/** A content whose bytes are all at hand: it goes inline, or becomes one blob. Chunks of a larger one are such contents too. */
export class WholeContent implements IncomingContent {
  readonly digest: Digest
  readonly size: number
  readonly key: Key
  readonly bytes: Uint8Array
  readonly #contents: ContentStore
  readonly #isChunk: boolean
  #staged: Promise<StagedBlob> | undefined
  #uploaded: { readonly key: string; readonly process: Id } | undefined
  #isReferred = false
  /** What the last plan took out of the row. */
  #superseded: ContentLocation | undefined

  constructor(store: ContentStore, { bytes, digest, staged, isChunk = false }: WholeContentOptions) {
    this.#contents = store
    this.bytes = bytes
    this.size = bytes.length
    this.digest = digest
    this.key = contentKey(digest)
    this.#isChunk = isChunk
    this.#staged = staged
  }

  async plan(row: MetadataEntry | undefined, inline: InlineBudget, signal?: AbortSignal): Promise<ContentPlan> {
    this.startAttempt()
    if (row === undefined) return this.#introduce({ kind: 'absent', key: this.key }, inline, signal)
    const unchanged: Expectation = { kind: 'at', key: this.key, revision: row.revision }
    const known = decodeOrDamaged(row)
    if (known === undefined) return this.#introduce(unchanged, inline, signal)
    checkSameSize(this, known.size)
    if (known.state === 'deleting') return this.#introduce(unchanged, inline, signal)
    const { location } = known
    if (location.kind === 'inline') {
      return equalBytes(location.bytes, this.bytes) ? reuse(unchanged) : this.#introduce(unchanged, inline, signal)
    }
    const isOwn = location.kind === 'blob' && location.key === this.#uploaded?.key
    if (!isOwn && !(await this.#contents.isReliable(location, known.size, signal))) return this.#mend(location, unchanged, signal)
    this.#isReferred = isOwn
    return reuse(unchanged)
  }

  startAttempt(): void {
    this.#isReferred = false
    this.#superseded = undefined
  }

  settle(outcome: 'kept' | 'dropped' | 'unresolved'): void {
    if (outcome === 'kept' && !this.#isChunk) this.#contents.written(this.digest, this.bytes)
    const staged = this.#staged
    this.#staged = undefined
    if (staged !== undefined) this.#contents.cleanUp(staged.then((blob) => blob.discard()).then(() => this.#giveBack()))
    else if (outcome === 'kept') this.#giveBack()
    const isOrphan = outcome === 'dropped' || (outcome === 'kept' && !this.#isReferred)
    if (outcome === 'kept' && this.#superseded !== undefined) this.#contents.discard(this.#superseded, this.digest)
    if (this.#uploaded === undefined || !isOrphan) return
    this.#remove(this.#uploaded.key)
    this.#uploaded = undefined
  }

  leaseLost(): void {
    if (this.#uploaded === undefined) return
    this.#contents.lease.lost(this.#uploaded.process)
    this.#uploaded = undefined
  }

  async #introduce(row: Expectation, inline: InlineBudget, signal?: AbortSignal): Promise<ContentPlan> {
    if (inline.take(this.size)) return { expect: [row], writes: [this.#row({ kind: 'inline', bytes: this.bytes })] }
    const { key, process } = await this.#upload(signal)
    this.#isReferred = true
    const { durability } = this.#contents.storage.info
    return { expect: [row, this.#contents.lease.expectation(process)], writes: [this.#row({ kind: 'blob', key, durability })] }
  }

  /** A new blob takes the place of one that cannot be relied on, which nothing names once the commit is applied. */
  async #mend(superseded: ContentLocation, row: Expectation, signal?: AbortSignal): Promise<ContentPlan> {
    const plan = await this.#introduce(row, InlineBudget.none, signal)
    this.#superseded = superseded
    return plan
  }

  #remove(blob: string): void {
    this.#contents.cleanUp(this.#contents.storage.delete([blob]))
  }

  #row(location: ContentLocation): Write {
    return { kind: 'put', key: this.key, value: encodeContentRow({ state: 'live', size: this.size, location }) }
  }

  /** Once a call: a plan that is made again reuses the blob. */
  async #upload(signal?: AbortSignal): Promise<{ key: string; process: Id }> {
    if (this.#uploaded !== undefined) return this.#uploaded
    const process = await orAborted(() => this.#contents.lease.hold(), signal, 'write')
    const key = `${this.#contents.storeId}/${digestHex(this.digest)}/${process}/${newId(this.#contents.random)}`
    try {
      await this.#store(key, signal)
    } catch (error) {
      // It may be there all the same, and nobody else knows its key.
      this.#remove(key)
      throw error
    }
    this.#contents.trust.confirm(key)
    this.#uploaded = { key, process }
    return this.#uploaded
  }

  async #store(key: string, signal: AbortSignal | undefined): Promise<void> {
    const staged = this.#staged
    this.#staged = undefined
    if (staged === undefined) await this.#contents.storage.put(key, this.bytes, { size: this.size, signal })
    else await (await staged).publish(key, { signal })
  }

  /** After a failure a backend may still be at the bytes, and they are left to it. */
  #giveBack(): void {
    this.#contents.bodies.giveBack(this.bytes)
  }
}
