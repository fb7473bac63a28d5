import type { Digest } from '../core/digest.ts'
import { NexusError } from '../core/errors.ts'
import { orAborted } from '../engine-kit/deadline.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import { decodeOrDamaged } from './content-row.ts'
import type { ContentStore } from './content-store.ts'
import type { ContentPlan, IncomingContent, InlineBudget, ReferredContent } from './incoming-content.ts'
import { WholeContent } from './whole-content.ts'

/**
 * Content that the store has already, for an operation that refers to it without having its bytes: copy and rollback. Its bytes are
 * read, and stored again, only if what is stored cannot be relied on.
 */
export class StoredContent implements ReferredContent {
  readonly #contents: ContentStore
  /** What had to be read. */
  #again: IncomingContent | undefined

  constructor(contents: ContentStore) {
    this.#contents = contents
  }

  /**
   * How versions can refer to the content, given its row in a snapshot; see `IncomingContent.plan`.
   * @throws {NexusError} Corrupt if the content is lost or damaged, and its bytes are not at hand
   */
  async plan(
    digest: Digest,
    row: MetadataEntry | undefined,
    inline: InlineBudget,
    signal: AbortSignal | undefined,
  ): Promise<ContentPlan> {
    if (row !== undefined && (await this.#isReliable(row, signal))) {
      this.#again?.startAttempt()
      return { expect: [{ kind: 'at', key: row.key, revision: row.revision }], writes: [] }
    }
    return (await this.#load(digest, signal)).plan(row, inline, signal)
  }

  leaseLost(): void {
    this.#again?.leaseLost()
  }

  settle(outcome: 'kept' | 'dropped' | 'unresolved'): void {
    this.#again?.settle(outcome)
    this.#again = undefined
  }

  async #isReliable(row: MetadataEntry, signal: AbortSignal | undefined): Promise<boolean> {
    const known = decodeOrDamaged(row)
    if (known?.state !== 'live') return false
    return this.#contents.isReliable(known.location, known.size, signal)
  }

  /** A later attempt may have to do with another content: the source of a copy can change. */
  async #load(digest: Digest, signal: AbortSignal | undefined): Promise<IncomingContent> {
    if (this.#again?.digest === digest) return this.#again
    this.#again?.settle('dropped')
    this.#again = undefined
    const bytes = await orAborted(() => this.#contents.read(digest), signal, 'read')
    if (bytes === undefined) {
      throw new NexusError('Corrupt', `the store has lost the content ${digest}`, {
        advice: 'write the file again or restore it from a backup',
        context: { digest },
      })
    }
    this.#again = new WholeContent(this.#contents, { bytes, digest })
    return this.#again
  }
}
