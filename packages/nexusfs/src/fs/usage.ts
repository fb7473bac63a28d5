import { decodeContentRow } from '../content/content-row.ts'
import { concatBytes } from '../core/bytes.ts'
import { NexusError } from '../core/errors.ts'
import { parsePath } from '../core/path.ts'
import { contentGroup, directoryGroup, versionGroup } from '../metadata/keyspace.ts'
import type { ItemRange, MetadataEntry, ScanPage } from '../metadata/metadata-store.ts'
import type { FsContext } from './context.ts'
import { demandDirectory, demandFile, demandNoFileAbove } from './expect-path.ts'
import { type BoundFile, isDirectory, isFile } from './head.ts'
import { decodeHead } from './head-codec.ts'
import type { OperationOptions, Usage } from './options.ts'

const page = 1000
/** Directories or files whose pages are asked for in one read. */
const scansPerRead = 200

/** Counts by walking: exact for a tree that nobody changes meanwhile. */
export async function usage(fs: FsContext, path: string, options: OperationOptions): Promise<Usage> {
  const target = parsePath(path)
  const tally = new Tally()
  const { only } = await fs.resolver.resolve(target, { signal: options.signal })
  demandNoFileAbove(only)
  if (isFile(only.bound)) await tally.addFiles(fs, [demandFile(only)], options)
  else await walkGroups(fs, [demandDirectory(only).group], tally, options)
  for await (const entry of scanAll(fs, { group: contentGroup }, options)) tally.storedBytes += decodeContentRow(entry).size
  return tally.usage()
}

class Tally {
  files = 0
  directories = 0
  versions = 0
  logicalBytes = 0
  historyBytes = 0
  storedBytes = 0

  /** A version counts with its bytes; tiny content is also stored with it, and nowhere else. */
  addVersion({ head }: BoundFile): void {
    this.versions++
    this.historyBytes += head.size
    this.storedBytes += head.bytes?.length ?? 0
  }

  async addFiles(fs: FsContext, files: readonly BoundFile[], options: OperationOptions): Promise<void> {
    for (const file of files) {
      this.files++
      this.logicalBytes += file.head.size
      this.addVersion(file)
    }
    const older = files.filter(({ head }) => head.version > 1).map(({ head }) => versionGroup(head.id))
    for await (const entry of scanGroups(fs, older, options)) {
      const bound = decodeHead(entry)
      if (isFile(bound)) this.addVersion(bound)
    }
  }

  usage(): Usage {
    const { files, directories, versions, logicalBytes, historyBytes, storedBytes } = this
    const dedupRatio = storedBytes === 0 ? 1 : historyBytes / storedBytes
    return { files, directories, versions, logicalBytes, historyBytes, storedBytes, dedupRatio }
  }
}

/** Level by level, many directories a read. */
async function walkGroups(fs: FsContext, groups: readonly Uint8Array[], tally: Tally, options: OperationOptions): Promise<void> {
  for (let level = groups; level.length > 0; ) {
    const below: Uint8Array[] = []
    let files: BoundFile[] = []
    for await (const entry of scanGroups(fs, level, options)) {
      const bound = decodeHead(entry)
      if (isFile(bound)) files.push(bound)
      if (isDirectory(bound)) below.push(directoryGroup(bound.head.id))
      if (files.length >= page) {
        await tally.addFiles(fs, files, options)
        files = []
      }
    }
    await tally.addFiles(fs, files, options)
    tally.directories += below.length
    level = below
  }
}

/** All entries of many groups: the first page of each, many a read; the rest of long ones after it. */
async function* scanGroups(
  fs: FsContext,
  groups: readonly Uint8Array[],
  options: OperationOptions,
): AsyncGenerator<MetadataEntry> {
  for (let start = 0; start < groups.length; start += scansPerRead) {
    const some = groups.slice(start, start + scansPerRead)
    const limit = Math.max(1, Math.floor((4 * page) / some.length))
    const { scan } = await fs.metadata.read({ scan: some.map((group) => ({ group, limit })) }, { signal: options.signal })
    for (const [index, group] of some.entries()) {
      const { entries, hasMore } = demandPage(scan[index])
      yield* entries
      const last = entries.at(-1)
      if (hasMore && last !== undefined) yield* scanAll(fs, { group, from: behind(last) }, options)
    }
  }
}

async function* scanAll(fs: FsContext, range: ItemRange, options: OperationOptions): AsyncGenerator<MetadataEntry> {
  for (let from = range.from; ; ) {
    const { scan } = await fs.metadata.read({ scan: [{ ...range, from, limit: page }] }, { signal: options.signal })
    const { entries, hasMore } = demandPage(scan[0])
    yield* entries
    const last = entries.at(-1)
    if (!hasMore || last === undefined) return
    from = behind(last)
  }
}

function behind(entry: MetadataEntry): Uint8Array {
  return concatBytes(entry.key.item, Uint8Array.of(0))
}

function demandPage(scanned: ScanPage | undefined): ScanPage {
  if (scanned === undefined) throw new NexusError('Unexpected', 'the metadata store left out a page of a scan')
  return scanned
}
