import { uint64 } from '../../core/bytes.ts'
import { parseNamedPath } from '../../core/path.ts'
import { checkedPage } from '../../metadata/checked-page.ts'
import { versionGroup } from '../../metadata/keyspace.ts'
import type { FsContext } from '../commit/context.ts'
import { type Entry, rootEntry, toEntry, toVersionEntry, type VersionEntry } from '../model/entry.ts'
import { type BoundFile, isFile } from '../model/head.ts'
import { decodeHead } from '../model/head-codec.ts'
import type { ListOptions, OperationOptions } from '../model/options.ts'
import { requireFile } from '../resolve/expect-path.ts'
import type { AlsoRead } from '../resolve/path-lookup.ts'
import type { Resolved } from '../resolve/resolver.ts'
import { removedFrom } from './removed.ts'
import { boundPages, type PathBinding, walkedPages } from './walk.ts'

const defaultPage = 1000

export async function exists(fs: FsContext, path: string, options: OperationOptions): Promise<boolean> {
  const { resolved } = await fs.resolver.resolve(parseNamedPath(path), { signal: options.signal })
  return resolved.bound !== undefined || resolved.directory !== undefined
}

export async function stat(fs: FsContext, path: string, options: OperationOptions): Promise<Entry | undefined> {
  return entryAt(fs, path, { signal: options.signal })
}

/** The same, but of a link itself. */
export async function lstat(fs: FsContext, path: string, options: OperationOptions): Promise<Entry | undefined> {
  return entryAt(fs, path, { keepsLast: true, signal: options.signal })
}

async function entryAt(fs: FsContext, path: string, also: AlsoRead): Promise<Entry | undefined> {
  const target = parseNamedPath(path)
  const { resolved } = await fs.resolver.resolve(target, also)
  if (resolved.bound !== undefined) return toEntry(target, resolved.bound)
  return resolved.directory === undefined ? undefined : rootEntry(target, fs.storeCreatedAt)
}

export async function* listPages(
  fs: FsContext,
  path: string,
  options: ListOptions,
): AsyncGenerator<Iterable<Entry>, void, undefined> {
  for await (const page of boundPages(fs, parseNamedPath(path), options)) yield entriesOf(page)
}

export async function* walkPages(
  fs: FsContext,
  path: string,
  options: ListOptions,
): AsyncGenerator<Iterable<Entry>, void, undefined> {
  for await (const page of walkedPages(fs, parseNamedPath(path), options)) yield entriesOf(page)
}

function* entriesOf(page: Iterable<PathBinding>): Generator<Entry> {
  for (const { path, bound } of page) yield toEntry(path, bound)
}

/** The versions of the file that stands at a path, or was removed from it last, newest first. */
export async function* versionPages(
  fs: FsContext,
  path: string,
  options: ListOptions,
): AsyncGenerator<readonly VersionEntry[], void, undefined> {
  const target = parseNamedPath(path)
  const limit = options.pageSize ?? defaultPage
  const { resolved } = await fs.resolver.resolve(target, { signal: options.signal })
  const current = await fileAt(fs, resolved, options.signal)
  yield [toVersionEntry(current)]
  let to = uint64(current.head.version)
  for (let hasMore = current.head.version > 1; hasMore; ) {
    const scan = { group: versionGroup(current.head.id), to, reverse: true, limit }
    const [found] = (await fs.metadata.read({ scan: [scan] }, { signal: options.signal })).scan
    const page = found && checkedPage(found, scan)
    yield (page?.entries ?? [])
      .map((entry) => decodeHead(entry))
      .filter((bound) => isFile(bound))
      .map(toVersionEntry)
    const last = page?.entries.at(-1)
    hasMore = page?.hasMore === true && last !== undefined
    if (last !== undefined) to = new Uint8Array(last.key.item)
  }
}

/** @throws {NexusError} as `requireFile`, where no file was removed either */
async function fileAt(fs: FsContext, resolved: Resolved, signal: AbortSignal | undefined): Promise<BoundFile> {
  const isAbsent = resolved.bound === undefined && resolved.directory === undefined && resolved.obstacle?.kind !== 'file'
  if (isAbsent) for await (const { bound } of removedFrom(fs, resolved, signal)) if (isFile(bound)) return bound
  return requireFile(resolved)
}
