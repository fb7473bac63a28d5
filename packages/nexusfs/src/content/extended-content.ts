import { concatBytes } from '../core/bytes.ts'
import { type Digest, digestOf } from '../core/digest.ts'
import { NexusError } from '../core/errors.ts'
import { contentKey, contentReferenceKey, emptyValue } from '../metadata/keyspace.ts'
import type { Expectation, Key, MetadataEntry, MetadataStore, Write } from '../metadata/metadata-store.ts'
import { type ContentLocation, decodeContentRow, decodeOrDamaged, encodeContentRow } from './content-row.ts'
import type { ContentStore } from './content-store.ts'
import { type ContentPlan, checkSameSize, type IncomingContent, InlineBudget, reuse } from './incoming-content.ts'
import type { Chunk } from './manifest.ts'
import { lostContent, partOf, rowsOf } from './stored-extension.ts'
import { WholeContent } from './whole-content.ts'

type Extended = Extract<ContentLocation, { kind: 'extended' }>

/** Content up to this size, in bytes, is stored anew when something is added to it; of larger content only what is added. */
export const largestRestored: number = 16 * 1024

/** Up to this size, in bytes, what was added lies in the row itself. */
const inlinePart = 32 * 1024

/** What a content is made of: one that is stored in another way, and parts that were added to it. */
export interface Extension {
  /** The contents that this one begins with, from the one that is not extended to the longest. */
  readonly chain: readonly Chunk[]
  /** What this one adds to the last of the chain. */
  readonly part: Uint8Array
}

/**
 * What a content becomes when bytes are added at its end. Parts that are not larger than what comes behind them are merged with it, as in a
 * binary counter: their sizes fall from part to part, so that there are few, and each byte is stored again only when its part doubles.
 */
export async function extensionOf(
  contents: ContentStore,
  metadata: MetadataStore,
  old: Chunk,
  tail: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Extension> {
  const [row] = await rowsOf(metadata, [old.digest], signal)
  const chain = row?.location.kind === 'extended' ? [...row.location.chain, old] : [old]
  let part = tail
  for (;;) {
    const [before, last] = chain.slice(-2)
    if (before === undefined || last === undefined || last.size - before.size > part.length) return { chain, part }
    const [above] = await rowsOf(metadata, [last.digest], signal)
    if (above?.location.kind !== 'extended') return { chain, part }
    part = concatBytes(await partOf(contents, above.location), part)
    chain.pop()
  }
}

/** A content that is another one and some bytes more: one row, which holds on to the other. */
export class ExtendedContent implements IncomingContent {
  readonly digest: Digest
  readonly size: number
  readonly key: Key
  readonly bytes: undefined
  readonly #contents: ContentStore
  readonly #metadata: MetadataStore
  readonly #base: Chunk
  readonly #location: Extended
  /** What is added, where it is too large for the row. */
  readonly #part: WholeContent | undefined
  #superseded: ContentLocation | undefined

  constructor(contents: ContentStore, metadata: MetadataStore, digest: Digest, { chain, part }: Extension) {
    const base = chain.at(-1)
    if (base === undefined) throw new NexusError('Unexpected', 'an extended content extends nothing')
    this.#contents = contents
    this.#metadata = metadata
    this.#base = base
    this.digest = digest
    this.size = base.size + part.length
    this.key = contentKey(digest)
    const isInline = part.length <= inlinePart
    const added = { digest: digestOf(part), size: part.length }
    this.#location = { kind: 'extended', chain, part: added, bytes: isInline ? part : undefined }
    this.#part = isInline ? undefined : new WholeContent(contents, { bytes: part, digest: added.digest, isChunk: true })
  }

  async plan(row: MetadataEntry | undefined, _inline: InlineBudget, signal?: AbortSignal): Promise<ContentPlan> {
    this.startAttempt()
    if (row === undefined) return this.#introduce({ kind: 'absent', key: this.key }, signal)
    const unchanged: Expectation = { kind: 'at', key: this.key, revision: row.revision }
    const known = decodeOrDamaged(row)
    if (known === undefined) return this.#introduce(unchanged, signal)
    checkSameSize(this, known.size)
    if (known.state === 'deleting') return this.#introduce(unchanged, signal)
    if (await this.#contents.isReliable(known.location, known.size, signal)) return reuse(unchanged)
    this.#superseded = known.location
    return this.#introduce(unchanged, signal)
  }

  startAttempt(): void {
    this.#superseded = undefined
    this.#part?.startAttempt()
  }

  leaseLost(): void {
    this.#part?.leaseLost()
  }

  settle(outcome: 'kept' | 'dropped' | 'unresolved'): void {
    if (outcome === 'kept' && this.#superseded !== undefined) this.#contents.discard(this.#superseded, this.digest)
    this.#part?.settle(outcome)
  }

  async #introduce(row: Expectation, signal: AbortSignal | undefined): Promise<ContentPlan> {
    const [baseKey, partKey] = [contentKey(this.#base.digest), contentKey(this.#location.part.digest)]
    const keys = this.#part === undefined ? [baseKey] : [baseKey, partKey]
    const { get } = await this.#metadata.read({ get: keys }, { signal })
    const base = get[0]
    if (base === undefined || decodeContentRow(base).state !== 'live') throw lostContent(this.#base.digest)
    const part = await this.#part?.plan(get[1], InlineBudget.none, signal)
    const holds = new Set(this.#part === undefined ? [this.#base.digest] : [this.#base.digest, this.#part.digest])
    const value = encodeContentRow({ state: 'live', size: this.size, location: this.#location })
    const writes: Write[] = [
      { kind: 'put', key: this.key, value },
      ...[...holds].map((digest) => ({ kind: 'put', key: contentReferenceKey(digest, this.digest), value: emptyValue }) as const),
      ...(part?.writes ?? []),
    ]
    return { expect: [row, { kind: 'at', key: baseKey, revision: base.revision }, ...(part?.expect ?? [])], writes }
  }
}

/** Lets go of what a content was made of that is stored in another way now. */
export async function discardExtension(metadata: MetadataStore, { chain, part }: Extended, digest: Digest): Promise<void> {
  const held = new Set([part.digest, ...chain.slice(-1).map((base) => base.digest)])
  const writes = [...held].map((each) => ({ kind: 'delete', key: contentReferenceKey(each, digest) }) as const)
  const [result] = await metadata.commit([{ expect: [], writes }])
  if (result?.status === 'failed') throw result.error
}
