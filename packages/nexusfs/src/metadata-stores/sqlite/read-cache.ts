import { binaryText, ownBytes } from '../../core/bytes.ts'
import { type Revision, revisionZero } from '../../core/revision.ts'
import { GenerationalMap } from '../../engine-kit/generational-map.ts'
import { ownKey } from '../../metadata/keyspace.ts'
import type { Commit, MetadataEntry, Scan, ScanPage, Write } from '../../metadata/metadata-store.ts'
import { type PlannedCommit, writtenColumn } from './stored-row.ts'
import { absentRevision } from './transaction.ts'

/** Entries with larger values are remembered by their revision alone: content is cached above this store, by digest. */
const largestCachedValue = 16_384

/** What one use of an entry of a page pays for: so many more that come in. */
const paidByUse = 8

/** Pages with more entries are not kept. */
const largestCachedPage = 1_000

/** What an entry costs beside its value, measured: key, text of the key, entry, two arrays with their buffers, slots in Maps. */
const entryBytes = 800

export interface CachedEntry {
  /** Memory that it takes. */
  readonly bytes: number
  /** `absentRevision` if there is no entry. */
  readonly revision: number
  /** Absent if there is none, or if its value is too large to keep. */
  readonly entry: MetadataEntry | undefined
  /** True if it came in with a page: nobody has asked for it by its key. */
  readonly isOfPage: boolean
}

export interface AppliedCommit {
  readonly commit: Commit
  readonly plan: PlannedCommit
  readonly revision: Revision
}

interface CachedPages {
  /** Memory that it takes. */
  readonly bytes: number
  readonly pages: ReadonlyMap<string, ScanPage>
}

const bytesOf = ({ bytes }: { readonly bytes: number }): number => bytes

const absence: CachedEntry = { revision: absentRevision, entry: undefined, isOfPage: false, bytes: entryBytes }

/**
 * Entries, absences and pages of the store as of one revision. They are of use while that is still the last revision, which the
 * caller asks of the database; commits made here move the cache forward, any other empties it.
 */
export class ReadCache {
  readonly #entries: GenerationalMap<string, CachedEntry>
  readonly #pages: GenerationalMap<string, CachedPages>
  /** Entries of pages that may come in unpaid: a quarter of the room for entries. */
  readonly #mostUnused: number
  /** Pages that were not kept, by the bytes that they would take, as long as they would still be here if they had been. */
  readonly #passed: GenerationalMap<string, number>
  #unused = 0
  #revision: Revision = revisionZero

  constructor(maxBytes: number) {
    this.#entries = new GenerationalMap<string, CachedEntry>(maxBytes * 0.75, bytesOf)
    this.#pages = new GenerationalMap<string, CachedPages>(maxBytes * 0.25, bytesOf)
    this.#passed = new GenerationalMap<string, number>(maxBytes * 0.75, (bytes) => bytes)
    this.#mostUnused = (maxBytes * 0.75) / 4 / entryBytes
  }

  /** The store's last revision when everything in here was true. */
  get revision(): Revision {
    return this.#revision
  }

  /** Forgets everything unless it is of this revision. */
  moveTo(revision: Revision): void {
    if (revision === this.#revision) return
    this.clear()
    this.#revision = revision
  }

  clear(): void {
    this.#entries.clear()
    this.#pages.clear()
  }

  entry(column: string): CachedEntry | undefined {
    const known = this.#entries.get(column)
    if (known?.isOfPage !== true) return known
    this.#used(1)
    const asked = { ...known, isOfPage: false }
    this.#entries.set(column, asked)
    return asked
  }

  addEntry(column: string, entry: MetadataEntry, { isOfPage }: Pick<CachedEntry, 'isOfPage'> = { isOfPage: false }): void {
    const { value, revision } = entry
    const isLarge = value.length > largestCachedValue
    this.#entries.set(column, {
      revision,
      entry: isLarge ? undefined : entry,
      isOfPage,
      bytes: isLarge ? entryBytes : entryBytes + value.length,
    })
  }

  addAbsence(column: string): void {
    this.#entries.set(column, absence)
  }

  page(scan: Scan): ScanPage | undefined {
    const page = this.#pages.get(binaryText(scan.group))?.pages.get(pageName(scan))
    if (page !== undefined) this.#used(page.entries.length + 1)
    return page
  }

  /**
   * Whether a page of so many entries is to be kept, and they with it. Who lists a directory may list it again, or read its files next; but who
   * counts a million files would put out everything that others use, and leave it all to the garbage collector. So once many entries have
   * come in and few were used, only a page that is asked for again is kept.
   */
  admits(scan: Scan, entries: number): boolean {
    if (entries > largestCachedPage) return false
    const slots = entries + 1
    if (this.#unused + slots <= this.#mostUnused) {
      this.#unused += slots
      return true
    }
    const name = binaryText(scan.group) + pageName(scan)
    if (this.#passed.get(name) !== undefined) return true
    this.#passed.set(name, slots * entryBytes)
    return false
  }

  #used(entries: number): void {
    this.#unused = Math.max(0, this.#unused - paidByUse * entries)
  }

  addPage(scan: Scan, page: ScanPage): void {
    const group = binaryText(scan.group)
    const known = this.#pages.get(group)
    const pages = new Map(known?.pages).set(pageName(scan), page)
    this.#pages.set(group, { pages, bytes: (known?.bytes ?? 0) + pageBytes(page) })
  }

  /** A group of commits made here moves the cache forward, unless it was of another revision than the group's base. */
  advance(base: Revision, applied: readonly AppliedCommit[], last: Revision): void {
    if (base !== this.#revision) {
      this.moveTo(last)
      return
    }
    for (const { commit, plan, revision } of applied) this.#apply(commit, plan, revision)
    this.#revision = last
  }

  #apply(commit: Commit, plan: PlannedCommit, revision: Revision): void {
    for (const [index, planned] of plan.writes.entries()) {
      const write = commit.writes[index]
      if (write !== undefined) this.#applyWrite(write, writtenColumn(planned, revision), revision)
    }
  }

  /** What nobody has read yet is not kept: most of what is written is history, or new and written once. */
  #applyWrite(write: Write, column: string, revision: Revision): void {
    this.#pages.delete(column.slice(1, 1 + write.key.group.length))
    const known = this.#entries.get(column)
    if (known === undefined) return
    if (write.kind === 'delete') this.addAbsence(column)
    else if (write.key.revisionAt !== undefined || known.revision === absentRevision) this.#entries.delete(column)
    else this.addEntry(column, { key: ownKey(write.key), value: ownBytes(write.value), revision })
  }
}

/** The same for equal scans of one group. */
function pageName({ from, to, limit, reverse }: Scan): string {
  const low = from === undefined ? '' : binaryText(from)
  const high = to === undefined ? '-' : `+${binaryText(to)}`
  return `${reverse === true ? '<' : '>'}${limit},${low.length},${low}${high}`
}

function pageBytes(page: ScanPage): number {
  let bytes = entryBytes
  for (const { value } of page.entries) bytes += entryBytes + value.length
  return bytes
}
