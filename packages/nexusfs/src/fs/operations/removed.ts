import type { Id } from '../../core/id.ts'
import { type NexusPath, nameOf } from '../../core/path.ts'
import { detachedKey, directoryGroup, endedRange, headKey } from '../../metadata/keyspace.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { decodeRecord } from '../../metadata/record.ts'
import type { FsContext } from '../commit/context.ts'
import { type Bound, isDirectory } from '../model/head.ts'
import { decodeHead } from '../model/head-codec.ts'
import { notFound, requireNoFileAbove } from '../resolve/expect-path.ts'
import type { Resolved } from '../resolve/resolver.ts'

/** What was removed from a path, and can come back. */
export interface Removed {
  readonly path: NexusPath
  readonly bound: Bound
  /** The directory that it was bound in; this may be removed, too. */
  readonly directory: Id
  /**
   * How it is kept: by a row of the history; as a `detached` tree, whose row says so; or `inside` a tree that was removed, where it is
   * bound still.
   */
  readonly kept:
    | { readonly as: 'ended' }
    | { readonly as: 'detached'; readonly row: MetadataEntry }
    /** The rows that say that the tree is removed, and that this is in it. */
    | { readonly as: 'inside'; readonly way: readonly MetadataEntry[] }
}

/** A directory to search, and, if it is removed, the rows that say so. */
interface Searched {
  readonly id: Id
  readonly way: readonly MetadataEntry[]
}

const historyPage = 100

/**
 * What was removed from a path and has not come back, newest first; below a directory that was removed, what it held then goes before what
 * had been removed from it earlier. One read for each name, and for each hundred endings of that name.
 * @throws {NexusError} NotADirectory if a file stands above the path, NotFound if a link leads to nowhere
 */
export async function* removedFrom(
  fs: FsContext,
  from: Resolved,
  signal: AbortSignal | undefined,
): AsyncGenerator<Removed, void, undefined> {
  requireNoFileAbove(from)
  if (from.obstacle?.kind === 'dangling') throw notFound(from)
  const missing = from.obstacle?.kind === 'missing' ? from.obstacle.parents : []
  yield* searchBelow(fs, { id: from.within.id, way: [] }, [...missing, from.path], signal)
}

async function* searchBelow(
  fs: FsContext,
  searched: Searched,
  [path, ...rest]: readonly NexusPath[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Removed, void, undefined> {
  if (path === undefined) return
  for await (const found of namedIn(fs, searched, path, signal)) {
    if (rest.length === 0) yield found
    else if (isDirectory(found.bound)) {
      yield* searchBelow(fs, { id: found.bound.head.id, way: wayBelow(searched, found) }, rest, signal)
    }
  }
}

function wayBelow({ way }: Searched, { bound, kept }: Removed): readonly MetadataEntry[] {
  return kept.as === 'inside' ? [...way, bound.entry] : [kept.as === 'detached' ? kept.row : bound.entry]
}

async function* namedIn(
  fs: FsContext,
  { id, way }: Searched,
  path: NexusPath,
  signal: AbortSignal | undefined,
): AsyncGenerator<Removed, void, undefined> {
  const isRemoved = way.length > 0
  const name = nameOf(path)
  const range = endedRange(id, name)
  let to = range.to
  for (let isFirst = true; ; isFirst = false) {
    const get = isFirst && isRemoved ? [headKey(directoryGroup(id), name)] : []
    const reply = await fs.metadata.read({ get, scan: [{ ...range, to, reverse: true, limit: historyPage }] }, { signal })
    const still = reply.get[0]
    if (still !== undefined) yield { path, bound: decodeHead(still), directory: id, kept: { as: 'inside', way } }
    const [page] = reply.scan
    for (const entry of page?.entries ?? []) {
      const bound = decodeHead(entry)
      const kept = await keptOf(fs, bound, id, name, signal)
      if (kept !== undefined) yield { path, bound, directory: id, kept }
    }
    const last = page?.entries.at(-1)
    if (last === undefined || !page?.hasMore) return
    to = new Uint8Array(last.key.item)
  }
}

/** A tree that came back, and was then removed from another path, is brought back from there. */
async function keptOf(
  fs: FsContext,
  { head }: Bound,
  directory: Id,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Removed['kept'] | undefined> {
  const why = head.ended?.why
  if (why === 'removed' || why === 'replaced') return { as: 'ended' }
  if (why !== 'detached') return undefined
  const [row] = (await fs.metadata.read({ get: [detachedKey(head.id)] }, { signal })).get
  if (row === undefined) return undefined
  const { d, n } = decodeRecord(row.value).fields
  return d === directory && n === name ? { as: 'detached', row } : undefined
}
