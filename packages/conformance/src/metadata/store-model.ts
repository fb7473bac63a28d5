import type {
  Commit,
  Expectation,
  ItemRange,
  Key,
  MetadataEntry,
  ReadReply,
  ReadRequest,
  Revision,
  Scan,
  ScanPage,
  Write,
  WrittenKey,
} from 'nexusfs'
import { binaryText, compareBytes, concatBytes, uint64 } from 'nexusfs/adapter-kit'

/** What a metadata store holds, in the fewest words: slow, obvious, and the measure of every store. */
export class StoreModel {
  readonly #entries = new Map<string, MetadataEntry>()
  #sorted: readonly MetadataEntry[] | undefined

  get size(): number {
    return this.#entries.size
  }

  get(key: Key): MetadataEntry | undefined {
    return this.#entries.get(textOf(key))
  }

  read(request: ReadRequest): Pick<ReadReply, 'get' | 'scan'> {
    return {
      get: request.get?.map((key) => this.get(key)) ?? [],
      scan: request.scan?.map((scan) => this.scan(scan)) ?? [],
    }
  }

  scan(scan: Scan): ScanPage {
    const all = this.inRange(scan)
    const ordered = scan.reverse ? all.toReversed() : all
    return { entries: ordered.slice(0, scan.limit), hasMore: ordered.length > scan.limit }
  }

  /** The entries of the range in order. */
  inRange({ group, from, to }: ItemRange): readonly MetadataEntry[] {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => compareBytes(a.key.item, b.key.item))
    return this.#sorted.filter(
      ({ key }) =>
        compareBytes(key.group, group) === 0 &&
        (from === undefined || compareBytes(key.item, from) >= 0) &&
        (to === undefined || compareBytes(key.item, to) < 0),
    )
  }

  /** The first expectation that does not hold, with the revision found; `undefined` if all hold. */
  conflictOf({ expect }: Commit): { readonly expectation: number; readonly found: Revision | undefined } | undefined {
    const index = expect.findIndex((expectation) => !this.#holds(expectation))
    const failed = expect[index]
    return failed && { expectation: index, found: highest(this.#meantBy(failed)) }
  }

  apply(writes: readonly Write[], revision: Revision): void {
    for (const write of writes) {
      if (write.kind === 'delete') this.#entries.delete(textOf(write.key))
      else this.restore({ key: filled(write.key, revision), value: write.value, revision })
    }
    this.#sorted = undefined
  }

  /** Holds this entry from now on. */
  restore(entry: MetadataEntry): void {
    this.#entries.set(textOf(entry.key), entry)
    this.#sorted = undefined
  }

  #holds(expectation: Expectation): boolean {
    const entries = this.#meantBy(expectation)
    if (expectation.kind === 'absent') return entries.length === 0
    if (expectation.kind === 'present') return entries.length === 1
    if (expectation.kind === 'at') return entries[0]?.revision === expectation.revision
    return entries.length === expectation.count && (highest(entries) ?? 0) <= expectation.maxRevision
  }

  #meantBy(expectation: Expectation): readonly MetadataEntry[] {
    if (expectation.kind === 'range') return this.inRange(expectation.range)
    const entry = this.get(expectation.key)
    return entry === undefined ? [] : [entry]
  }
}

function highest(entries: readonly MetadataEntry[]): Revision | undefined {
  return entries.reduce<Revision | undefined>(
    (found, { revision }) => (found === undefined || revision > found ? revision : found),
    undefined,
  )
}

/** The key with its slot filled. */
function filled({ group, item, revisionAt }: WrittenKey, revision: Revision): Key {
  if (revisionAt === undefined) return { group, item }
  return { group, item: concatBytes(item.subarray(0, revisionAt), uint64(revision), item.subarray(revisionAt)) }
}

function textOf(key: Key): string {
  return `${key.group.length}:${binaryText(key.group)}${binaryText(key.item)}`
}
