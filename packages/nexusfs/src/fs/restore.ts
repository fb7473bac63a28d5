import { NexusError } from '../core/errors.ts'
import { nameOf, parseNamedPath, parsePath } from '../core/path.ts'
import { detachedKey, endedRange } from '../metadata/keyspace.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import { decodeRecord } from '../metadata/record.ts'
import { CommitDraft, lineOf } from './commit-draft.ts'
import type { FsContext } from './context.ts'
import { detachedHead } from './end-binding.ts'
import type { Entry } from './entry.ts'
import { alreadyExists, demandNoFileAbove, demandNotRoot, notFound } from './expect-path.ts'
import type { Bound } from './head.ts'
import { decodeHead, encodeHead } from './head-codec.ts'
import { type Attempt, mutate } from './mutation.ts'
import { NewDirectories } from './new-directories.ts'
import type { RestoreOptions } from './options.ts'
import type { Resolved } from './resolver.ts'
import { writtenEntry } from './to-entry.ts'

const historyPage = 100

/** Brings back what was removed from a path last: the same file with its versions, or the same tree. */
export async function restore(fs: FsContext, path: string, options: RestoreOptions): Promise<Entry> {
  const source = parseNamedPath(path)
  const target = parsePath(options.to ?? path)
  for (const each of [source, target]) demandNotRoot(each, 'restore')
  return mutate(fs, options, async (): Promise<Attempt<Entry>> => {
    const paths = source === target ? [source] : [source, target]
    const { resolved, time } = await fs.resolver.resolveAll(paths, { keepsLast: true, signal: options.signal })
    const [from, to = from] = resolved
    if (from === undefined || to === undefined) throw new NexusError('Unexpected', `${source} was lost while it was restored`)
    if (to.bound !== undefined) throw alreadyExists(target)
    const removed = await findRemoved(fs, from, options.signal)
    return reattach(fs, removed, to, time, options)
  })
}

/** What can come back, and the row whose change keeps it from coming back twice. */
interface Removed {
  readonly bound: Bound
  /** For a tree: the row that says it is detached. */
  readonly detached: MetadataEntry | undefined
}

function reattach(fs: FsContext, removed: Removed, to: Resolved, time: number, options: RestoreOptions): Attempt<Entry> {
  const { author = fs.author, parents } = options
  const draft = new CommitDraft()
  const directories = new NewDirectories(fs, draft, { author, time })
  const place = directories.placeOf(to, parents)
  const key = directories.keyOf(place, to)
  const head = detachedHead(removed.bound)
  draft.expect({ kind: 'absent', key })
  draft.put(key, encodeHead(head))
  spend(draft, removed)
  draft.log(lineOf('restore', place.id, to.path, head))
  if (head.kind === 'directory') draft.whenCommitted(() => fs.resolver.hints.learn(place, to.path, head.id))
  return { draft, time, result: (revision) => writtenEntry(to.asked, head, revision) }
}

/** A tree stops being detached; another binding is marked as restored in the history. */
function spend(draft: CommitDraft, { bound, detached }: Removed): void {
  if (detached !== undefined) {
    draft.expect({ kind: 'at', key: detached.key, revision: detached.revision })
    draft.delete(detached.key)
    return
  }
  const { head, entry } = bound
  if (head.ended === undefined) throw new NexusError('Corrupt', 'a row of ended bindings does not say why it ended')
  draft.expect({ kind: 'at', key: entry.key, revision: entry.revision })
  draft.put(entry.key, encodeHead({ ...head, ended: { ...head.ended, why: 'restored' } }))
}

/**
 * The latest binding of the name that was removed or replaced, and has not come back.
 * @throws {NexusError} NotFound
 */
async function findRemoved(fs: FsContext, from: Resolved, signal: AbortSignal | undefined): Promise<Removed> {
  demandNoFileAbove(from)
  if (from.obstacle?.kind === 'astray') throw notFound(from)
  if (from.obstacle?.kind === 'missing') {
    const [first] = from.obstacle.parents
    throw new NexusError('NotFound', `${from.path}: its directory ${first} does not exist`, {
      advice: 'restore that first',
      context: { path: from.path },
    })
  }
  const range = endedRange(from.within.id, nameOf(from.path))
  let to = range.to
  for (;;) {
    const { scan } = await fs.metadata.read({ scan: [{ ...range, to, reverse: true, limit: historyPage }] }, { signal })
    for (const entry of scan[0]?.entries ?? []) {
      const removed = await restorable(fs, decodeHead(entry), from, signal)
      if (removed !== undefined) return removed
    }
    const last = scan[0]?.entries.at(-1)
    if (last === undefined || !scan[0]?.hasMore) break
    to = new Uint8Array(last.key.item)
  }
  throw new NexusError('NotFound', `nothing that was removed from ${from.path} can be restored`, { context: { path: from.path } })
}

/** A tree that came back, and was then removed from another place, is brought back from there. */
async function restorable(
  fs: FsContext,
  bound: Bound,
  { within, path }: Resolved,
  signal: AbortSignal | undefined,
): Promise<Removed | undefined> {
  const why = bound.head.ended?.why
  if (why === 'removed' || why === 'replaced') return { bound, detached: undefined }
  if (why !== 'detached') return undefined
  const { get } = await fs.metadata.read({ get: [detachedKey(bound.head.id)] }, { signal })
  if (get[0] === undefined) return undefined
  const { d: directory, n: name } = decodeRecord(get[0].value).fields
  return directory === within.id && name === nameOf(path) ? { bound, detached: get[0] } : undefined
}
