import type { Digest } from '../core/digest.ts'
import { NexusError } from '../core/errors.ts'
import type { Expectation, Key, MetadataEntry, Write } from '../metadata/metadata-store.ts'

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
 * One content on its way into the store. Who takes it in (`ContentStore.receive`) reads the row of `key` in its snapshot, asks for a
 * plan, commits, and at the end settles it, once.
 */
export interface IncomingContent extends ReferredContent {
  readonly digest: Digest
  readonly size: number
  /** The row to read before planning. */
  readonly key: Key
  /** All of it; absent where it was taken in piece by piece. */
  readonly bytes: Uint8Array | undefined

  /**
   * How versions can refer to this content, given its row in the snapshot of the commit. Uploads if it must.
   *
   * - A live row is reused and expected unchanged; it is not written, so that writers of popular content do not conflict.
   * - A live row whose content is missing or damaged, or less durable than this process promises, is mended: it gets a new blob.
   * - Otherwise a new row is put: with the bytes inside if `inline` has room for them, else naming where they were stored.
   *
   * @throws {NexusError} Corrupt if another content of that digest but another size is stored; what looking and uploading throw
   */
  plan(row: MetadataEntry | undefined, inline: InlineBudget, signal?: AbortSignal): Promise<ContentPlan>

  /** A further attempt looks again at what it needs: so far, nothing that it commits refers to this content. */
  startAttempt(): void
}

/** A live row is enough as it is. */
export function reuse(unchanged: Expectation): ContentPlan {
  return { expect: [unchanged], writes: [] }
}

/**
 * @throws {NexusError} Corrupt
 */
export function checkSameSize({ digest, size }: Pick<IncomingContent, 'digest' | 'size'>, stored: number): void {
  if (stored === size) return
  throw new NexusError('Corrupt', `${digest} is stored with ${stored} bytes, and ${size} bytes have the same digest`, {
    context: { reason: 'collision', digest },
  })
}
