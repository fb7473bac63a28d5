import { equalBytes } from '../core/bytes.ts'
import { type Digest, digestHex } from '../core/digest.ts'
import { isNexusError, NexusError } from '../core/errors.ts'
import { type Id, newId } from '../core/id.ts'
import { orAborted } from '../engine-kit/deadline.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { Expectation, Key, MetadataEntry, Write } from '../metadata/metadata-store.ts'
import type { StagedBlob } from '../storage/storage-backend.ts'
import { type ContentLocation, type ContentRow, decodeContentRow, encodeContentRow } from './content-row.ts'
import type { ContentStore } from './content-store.ts'

/** How much content one commit still takes into the metadata store; the rest goes to the storage backend. */
export class InlineBudget {
  /** For content that has to go to the storage backend. */
  static readonly none: InlineBudget = new InlineBudget(0, 0)

  readonly #largest: number
  #room: number

  /**
   * @param largest content that is kept inline, in bytes
   * @param room for all of it together, in bytes
   */
  constructor(largest: number, room: number) {
    this.#largest = largest
    this.#room = room
  }

  /** True if content of this size goes inline; then its bytes are used up. */
  take(size: number): boolean {
    if (size > this.#largest || size > this.#room) return false
    this.#room -= size
    return true
  }

  /** There is no more room than this. */
  limit(room: number): void {
    this.#room = Math.min(this.#room, room)
  }
}

/** What a commit needs so that a version may refer to a content. */
export interface ContentPlan {
  readonly expect: readonly Expectation[]
  readonly writes: readonly Write[]
}

/** Content that an operation refers to: told what became of the operation, once, at its end. */
export interface ReferredContent {
  /** The lease under which the blob was uploaded is gone, and the blob with it perhaps: the next plan uploads again. */
  leaseLost(): void
  /**
   * What became of the call: `kept` = its commit was applied; `dropped` = it was not, and will not be; `unresolved` = nobody knows,
   * so that a blob that may be referred to stays (a sweep finds it if it is not).
   */
  settle(outcome: 'kept' | 'dropped' | 'unresolved'): void
}

/**
 * One content on its way into the store. The caller hashes it (`ContentStore.receive`), reads the row of `key` in its snapshot, asks
 * for a plan, commits, and at the end settles it, once.
 */
export class IncomingContent implements ReferredContent {
  readonly digest: Digest
  readonly size: number
  /** The row to read before planning. */
  readonly key: Key
  readonly bytes: Uint8Array
  readonly #contents: ContentStore
  #staged: Promise<StagedBlob> | undefined
  #uploaded: { readonly key: string; readonly process: Id } | undefined
  #isReferred = false
  /** The blob that the last plan took out of the row. */
  #superseded: string | undefined

  constructor(store: ContentStore, bytes: Uint8Array, digest: Digest, staged: Promise<StagedBlob> | undefined) {
    this.#contents = store
    this.bytes = bytes
    this.size = bytes.length
    this.digest = digest
    this.key = contentKey(digest)
    this.#staged = staged
  }

  /**
   * How versions can refer to this content, given its row in the snapshot of the commit. Uploads if it must.
   *
   * - A live row is reused and expected unchanged; it is not written, so that writers of popular content do not conflict.
   * - A live row whose content is missing or damaged, or less durable than this process promises, is mended: it gets a new blob.
   * - Otherwise a new row is put: with the bytes inside if `inline` has room for them, else naming a blob under a key of its own.
   *
   * @throws {NexusError} Corrupt if another content of that digest but another size is stored; what looking and uploading throw
   */
  async plan(row: MetadataEntry | undefined, inline: InlineBudget, signal?: AbortSignal): Promise<ContentPlan> {
    this.startAttempt()
    if (row === undefined) return this.#introduce({ kind: 'absent', key: this.key }, inline, signal)
    const unchanged: Expectation = { kind: 'at', key: this.key, revision: row.revision }
    const known = decodeOrDamaged(row)
    if (known === undefined) return this.#introduce(unchanged, inline, signal)
    this.#checkSize(known.size)
    if (known.state === 'deleting') return this.#introduce(unchanged, inline, signal)
    const { location } = known
    if (location.kind === 'inline') {
      return equalBytes(location.bytes, this.bytes) ? reuse(unchanged) : this.#introduce(unchanged, inline, signal)
    }
    const isOwn = location.key === this.#uploaded?.key
    if (!isOwn && !(await this.#contents.isReliable(location, known.size, signal)))
      return this.#mend(location.key, unchanged, signal)
    this.#isReferred = isOwn
    return reuse(unchanged)
  }

  /** A further attempt looks again at what it needs: so far, nothing that it commits refers to this content. */
  startAttempt(): void {
    this.#isReferred = false
    this.#superseded = undefined
  }

  settle(outcome: 'kept' | 'dropped' | 'unresolved'): void {
    if (outcome === 'kept') this.#contents.written(this.digest, this.bytes)
    const staged = this.#staged
    this.#staged = undefined
    if (staged !== undefined) this.#contents.cleanUp(staged.then((blob) => blob.discard()).then(() => this.#giveBack()))
    else if (outcome === 'kept') this.#giveBack()
    const isOrphan = outcome === 'dropped' || (outcome === 'kept' && !this.#isReferred)
    if (outcome === 'kept' && this.#superseded !== undefined) this.#remove(this.#superseded)
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
  async #mend(superseded: string, row: Expectation, signal?: AbortSignal): Promise<ContentPlan> {
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

  #checkSize(stored: number): void {
    if (stored === this.size) return
    throw new NexusError(
      'Corrupt',
      `${this.digest} is stored with ${stored} bytes, and ${this.size} bytes have the same digest`,
      {
        context: { reason: 'collision', digest: this.digest },
      },
    )
  }
}

function reuse(unchanged: Expectation): ContentPlan {
  return { expect: [unchanged], writes: [] }
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
