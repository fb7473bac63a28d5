import { setImmediate as nextTurn } from 'node:timers/promises'
import { decodeContentRow, storedBytes } from '../../content/content-row.ts'
import { concatBytes } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { Id } from '../../core/id.ts'
import { parseNamedPath, rootPath } from '../../core/path.ts'
import { contentGroup, detachedKey, directoryGroup, endedGroup, versionGroup } from '../../metadata/keyspace.ts'
import type { ItemRange, MetadataEntry, ScanPage } from '../../metadata/metadata-store.ts'
import type { FsContext } from '../commit/context.ts'
import { type BoundDirectory, type BoundFile, isDirectory, isFile, isLink } from '../model/head.ts'
import { decodeHeadOnce } from '../model/head-codec.ts'
import type { OperationOptions, Usage } from '../model/options.ts'
import { requireDirectory, requireFile, requireNoFileAbove } from '../resolve/expect-path.ts'

/** Entries in one read, at most, and groups that it scans. */
const entriesPerRead = 250
const groupsPerRead = 50
/** Bytes of content rows in one read: most are short, but up to 128 KiB of content may lie in each. */
const contentBytesPerRead = 1024 * 1024

/** Counts by walking: exact for a tree that nobody changes meanwhile. Memory does not grow with the number of files. */
export async function usage(fs: FsContext, path: string, options: OperationOptions): Promise<Usage> {
  const target = parseNamedPath(path)
  const survey = new Survey(fs, options)
  const { resolved } = await fs.resolver.resolve(target, { signal: options.signal })
  requireNoFileAbove(resolved)
  if (isFile(resolved.bound)) await survey.file(requireFile(resolved))
  else await survey.directories([requireDirectory(resolved).id], survey.present)
  const { present, removed } = survey
  const { files, directories, links, versions, logicalBytes, historyBytes } = present
  const counted = { files, directories, links, versions, logicalBytes, historyBytes }
  const taken = { removedVersions: removed.versions, removedBytes: removed.historyBytes }
  if (resolved.path !== rootPath) return { ...counted, ...taken, storedBytes: undefined, dedupRatio: undefined }
  const storedBytes = present.tinyBytes + removed.tinyBytes + (await survey.contentBytes())
  const dedupRatio = storedBytes === 0 ? 1 : (historyBytes + removed.historyBytes) / storedBytes
  return { ...counted, ...taken, storedBytes, dedupRatio }
}

class Tally {
  files = 0
  directories = 0
  links = 0
  versions = 0
  logicalBytes = 0
  historyBytes = 0
  /** Tiny content is stored with its version, and nowhere else. */
  tinyBytes = 0

  /** In its current version; returns the group of its older ones, if it has any. */
  addFile(file: BoundFile): Uint8Array | undefined {
    this.files++
    this.logicalBytes += file.head.size
    this.addVersion(file)
    return file.head.version > 1 ? versionGroup(file.head.id) : undefined
  }

  addVersion({ head }: BoundFile): void {
    this.versions++
    this.historyBytes += head.size
    this.tinyBytes += head.bytes?.length ?? 0
  }
}

class Survey {
  readonly present: Tally = new Tally()
  /** What was removed or replaced, and can be restored. */
  readonly removed: Tally = new Tally()
  readonly #fs: FsContext
  readonly #options: OperationOptions

  constructor(fs: FsContext, options: OperationOptions) {
    this.#fs = fs
    this.#options = options
  }

  /** Everything below, page by page and depth first: only the directories of pages under way are kept in mind. */
  async directories(ids: readonly Id[], tally: Tally): Promise<void> {
    for (const some of chunks(ids, groupsPerRead / 2)) {
      for await (const page of this.#pages(some.map(directoryGroup))) await this.#bindings(page, tally)
      for await (const page of this.#pages(some.map(endedGroup))) await this.#endedBindings(page)
    }
  }

  async file(file: BoundFile): Promise<void> {
    const older = this.present.addFile(file)
    if (older !== undefined) await this.#versions([older], this.present)
  }

  async #versions(groups: readonly Uint8Array[], tally: Tally): Promise<void> {
    for (const some of chunks(groups, groupsPerRead)) {
      for await (const page of this.#pages(some)) {
        for (const entry of page) {
          const bound = decodeHeadOnce(entry)
          if (isFile(bound)) tally.addVersion(bound)
        }
      }
    }
  }

  /** Content rows are in the order of their digests, which is random: a page tells how long the rows of the next will be. */
  async contentBytes(): Promise<number> {
    let [rows, length, size] = [0, 0, 0]
    let limit = 8
    for (let range: ItemRange | undefined = { group: contentGroup }; range !== undefined; ) {
      const page = await this.#read([range], limit)
      const { entries, hasMore } = requirePage(page[0])
      for (const entry of entries) {
        rows++
        length += entry.value.length
        size += storedBytes(decodeContentRow(entry))
      }
      limit = Math.max(8, Math.min(entriesPerRead, Math.floor((contentBytesPerRead * rows) / Math.max(1, length))))
      range = hasMore ? behind(range, entries) : undefined
    }
    return size
  }

  async #bindings(page: readonly MetadataEntry[], tally: Tally): Promise<void> {
    const below: Id[] = []
    const older: Uint8Array[] = []
    for (const entry of page) {
      const bound = decodeHeadOnce(entry)
      if (isDirectory(bound)) below.push(bound.head.id)
      else if (isLink(bound)) tally.links++
      else if (isFile(bound)) pushAny(older, tally.addFile(bound))
    }
    tally.directories += below.length
    await this.#versions(older, tally)
    if (below.length > 0) await this.directories(below, tally)
  }

  /** A tree is counted where it was removed last, by the commit that wrote its row; one that has come back has no row. */
  async #endedBindings(page: readonly MetadataEntry[]): Promise<void> {
    const detached: BoundDirectory[] = []
    const older: Uint8Array[] = []
    for (const entry of page) {
      const bound = decodeHeadOnce(entry)
      const why = bound.head.ended?.why
      if (isDirectory(bound) && why === 'detached') detached.push(bound)
      else if (isFile(bound) && (why === 'removed' || why === 'replaced')) pushAny(older, this.removed.addFile(bound))
    }
    await this.#versions(older, this.removed)
    if (detached.length === 0) return
    const keys = detached.map(({ head }) => detachedKey(head.id))
    const { get } = await this.#fs.metadata.read({ get: keys }, { signal: this.#options.signal })
    const here = detached.filter(({ entry }, index) => get[index]?.revision === entry.revision)
    await this.directories(
      here.map(({ head }) => head.id),
      this.removed,
    )
  }

  /** All entries of some groups: the first page of each in one read; the rest of long ones after it. */
  async *#pages(groups: readonly Uint8Array[]): AsyncGenerator<readonly MetadataEntry[]> {
    let ranges: readonly ItemRange[] = groups.map((group) => ({ group }))
    while (ranges.length > 0) {
      const pages = await this.#read(ranges, Math.max(1, Math.floor(entriesPerRead / ranges.length)))
      yield pages.flatMap(({ entries }) => entries)
      ranges = ranges.flatMap((range, index) => {
        const { entries, hasMore } = requirePage(pages[index])
        return hasMore ? [behind(range, entries)] : []
      })
    }
  }

  /** With a turn of the event loop after each read: a store in this process may answer at once. */
  async #read(ranges: readonly ItemRange[], limit: number): Promise<readonly ScanPage[]> {
    const { scan } = await this.#fs.metadata.read(
      { scan: ranges.map((range) => ({ ...range, limit })) },
      { signal: this.#options.signal },
    )
    await nextTurn()
    return scan
  }
}

function pushAny<Item>(items: Item[], item: Item | undefined): void {
  if (item !== undefined) items.push(item)
}

function* chunks<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

function behind(range: ItemRange, entries: readonly MetadataEntry[]): ItemRange {
  const last = entries.at(-1)
  if (last === undefined) throw new NexusError('Unexpected', 'the metadata store promised more entries and gave none')
  return { ...range, from: concatBytes(last.key.item, Uint8Array.of(0)) }
}

function requirePage(scanned: ScanPage | undefined): ScanPage {
  if (scanned === undefined) throw new NexusError('Unexpected', 'the metadata store left out a page of a scan')
  return scanned
}
