import { uint64 } from '../core/bytes.ts'
import { parsePath } from '../core/path.ts'
import { versionGroup } from '../metadata/keyspace.ts'
import type { FsContext } from './context.ts'
import type { Entry, VersionEntry } from './entry.ts'
import { demandFile } from './expect-path.ts'
import { isFile } from './head.ts'
import { decodeHead } from './head-codec.ts'
import type { ListOptions, OperationOptions } from './options.ts'
import { rootEntry, toEntry, toVersionEntry } from './to-entry.ts'
import { boundPages, walkedPages } from './walk.ts'

const defaultPage = 1000

export async function exists(fs: FsContext, path: string, options: OperationOptions): Promise<boolean> {
  const { only } = await fs.resolver.resolve(parsePath(path), options)
  return only.bound !== undefined || only.directory !== undefined
}

export async function stat(fs: FsContext, path: string, options: OperationOptions): Promise<Entry | undefined> {
  const target = parsePath(path)
  const { only } = await fs.resolver.resolve(target, options)
  if (only.bound !== undefined) return toEntry(target, only.bound)
  return only.directory === undefined ? undefined : rootEntry(fs.foundedAt)
}

export async function* listPages(
  fs: FsContext,
  path: string,
  options: ListOptions,
): AsyncGenerator<readonly Entry[], void, undefined> {
  for await (const page of boundPages(fs, parsePath(path), options)) yield page.map((each) => toEntry(each.path, each.bound))
}

export async function* walkPages(
  fs: FsContext,
  path: string,
  options: ListOptions,
): AsyncGenerator<readonly Entry[], void, undefined> {
  for await (const page of walkedPages(fs, parsePath(path), options)) yield page.map((each) => toEntry(each.path, each.bound))
}

/** The versions of the file that stands at a path, newest first. */
export async function* versionPages(
  fs: FsContext,
  path: string,
  options: ListOptions,
): AsyncGenerator<readonly VersionEntry[], void, undefined> {
  const target = parsePath(path)
  const limit = options.pageSize ?? defaultPage
  const { only } = await fs.resolver.resolve(target, { signal: options.signal })
  const current = demandFile(only)
  yield [toVersionEntry(current)]
  let to = uint64(current.head.version)
  for (let hasMore = current.head.version > 1; hasMore; ) {
    const scan = { group: versionGroup(current.head.id), to, reverse: true, limit }
    const page = (await fs.metadata.read({ scan: [scan] }, { signal: options.signal })).scan[0]
    yield (page?.entries ?? [])
      .map((entry) => decodeHead(entry))
      .filter((bound) => isFile(bound))
      .map(toVersionEntry)
    const last = page?.entries.at(-1)
    hasMore = page?.hasMore === true && last !== undefined
    if (last !== undefined) to = new Uint8Array(last.key.item)
  }
}
