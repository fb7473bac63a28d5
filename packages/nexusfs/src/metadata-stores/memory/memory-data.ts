import { binaryText, concatBytes, uint64 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { epochOf, nextRevision, type Revision, revisionsPerEpoch, revisionZero, toRevision } from '../../core/revision.ts'
import { Listeners } from '../../engine-kit/listeners.ts'
import { keyTextOnce } from '../../metadata/keyspace.ts'
import type {
  Commit,
  CommitResult,
  Expectation,
  ItemRange,
  Key,
  MetadataEntry,
  Scan,
  ScanPage,
  WrittenKey,
} from '../../metadata/metadata-store.ts'
import { type Cell, SortedCells } from './sorted-cells.ts'

/** The data of one store in memory: its entries, its counter and those who watch it. Nothing here waits, so each call is one instant. */
export class MemoryData {
  readonly #cells = new Map<string, Cell>()
  readonly #groups = new Map<string, SortedCells>()
  /** Told of each commit. */
  readonly listeners: Listeners = new Listeners()
  #last: Revision = revisionZero

  /** The revision of the last commit, 0 before the first. */
  get last(): Revision {
    return this.#last
  }

  /** The start of the next epoch, from which commits go on. */
  raiseEpoch(): Revision {
    this.#last = toRevision((epochOf(this.#last) + 1) * revisionsPerEpoch)
    return this.#last
  }

  get(key: Key): MetadataEntry | undefined {
    return this.#cells.get(keyTextOnce(key))?.entry
  }

  scan(scan: Scan): ScanPage {
    const cells = this.#cellsIn(scan, scan.limit + 1, scan.reverse ?? false)
    const hasMore = cells.length > scan.limit
    if (hasMore) cells.pop()
    return { entries: cells.map((cell) => cell.entry), hasMore }
  }

  /** All expectations, then all writes; the request has been checked. */
  commit({ expect, writes }: Commit): CommitResult {
    for (const [index, expectation] of expect.entries()) {
      if (!this.#holds(expectation)) return { status: 'conflict', expectation: index, found: this.#found(expectation) }
    }
    const revision = nextRevision(this.#last)
    for (const write of writes) {
      if (write.kind === 'delete') this.#delete(write.key)
      else this.#put({ key: filledKey(write.key, revision), value: write.value, revision })
    }
    this.#last = revision
    this.listeners.notify()
    return { status: 'committed', revision }
  }

  /**
   * Takes over entries with their revisions, all or none; the counter goes on above the highest.
   * @throws {NexusError} AlreadyExists if it holds any entry, InvalidArgument if a key comes twice
   */
  load(entries: readonly MetadataEntry[]): void {
    this.checkEmpty()
    const texts = new Set(entries.map((entry) => keyTextOnce(entry.key)))
    if (texts.size < entries.length) throw new NexusError('InvalidArgument', 'metadata: load was given one key twice')
    for (const entry of entries) {
      this.#put({ key: { group: entry.key.group, item: entry.key.item }, value: entry.value, revision: entry.revision })
      if (entry.revision > this.#last) this.#last = entry.revision
    }
    this.listeners.notify()
  }

  /**
   * @throws {NexusError} AlreadyExists if it holds any entry
   */
  checkEmpty(): void {
    if (this.#cells.size === 0) return
    throw new NexusError('AlreadyExists', 'metadata: load fills empty stores only, and this one holds entries')
  }

  #holds(expectation: Expectation): boolean {
    if (expectation.kind === 'range') return this.#holdsRange(expectation)
    const found = this.get(expectation.key)
    if (expectation.kind === 'absent') return found === undefined
    return found !== undefined && (expectation.kind === 'present' || found.revision === expectation.revision)
  }

  #holdsRange({ range, count, maxRevision }: Expectation & { kind: 'range' }): boolean {
    const cells = this.#cellsIn(range, count + 1, false)
    return cells.length === count && cells.every((cell) => cell.entry.revision <= maxRevision)
  }

  #found(expectation: Expectation): Revision | undefined {
    if (expectation.kind !== 'range') return this.get(expectation.key)?.revision
    let highest: Revision | undefined
    for (const { entry } of this.#cellsIn(expectation.range, Number.POSITIVE_INFINITY, false)) {
      if (highest === undefined || entry.revision > highest) highest = entry.revision
    }
    return highest
  }

  #cellsIn(range: ItemRange, limit: number, reverse: boolean): Cell[] {
    const cells = this.#groups.get(binaryText(range.group))
    if (cells === undefined) return []
    const from = range.from && binaryText(range.from)
    const to = range.to && binaryText(range.to)
    return reverse ? cells.highest({ from, to }, limit) : cells.lowest({ from, to }, limit)
  }

  #put(entry: MetadataEntry): void {
    const text = keyTextOnce(entry.key)
    const known = this.#cells.get(text)
    if (known !== undefined) {
      known.entry = entry
      return
    }
    const cell: Cell = { text: itemText(text, entry.key), entry }
    this.#cells.set(text, cell)
    this.#groupOf(entry.key).insert(cell)
  }

  #delete(key: Key): void {
    const text = keyTextOnce(key)
    if (!this.#cells.delete(text)) return
    const cells = this.#groupOf(key)
    cells.remove(itemText(text, key))
    if (cells.isEmpty) this.#groups.delete(binaryText(key.group))
  }

  #groupOf(key: Key): SortedCells {
    const text = binaryText(key.group)
    let cells = this.#groups.get(text)
    if (cells === undefined) {
      cells = new SortedCells()
      this.#groups.set(text, cells)
    }
    return cells
  }
}

/** The item's part of the key's text; both are kept, and share their memory. */
function itemText(text: string, key: Key): string {
  return text.slice(text.length - key.item.length)
}

function filledKey(key: WrittenKey, revision: Revision): Key {
  const at = key.revisionAt
  if (at === undefined) return key
  return { group: key.group, item: concatBytes(key.item.subarray(0, at), uint64(revision), key.item.subarray(at)) }
}
