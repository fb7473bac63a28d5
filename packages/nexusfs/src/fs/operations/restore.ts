import { NexusError } from '../../core/errors.ts'
import { parseNamedPath, parsePath } from '../../core/path.ts'
import { detachedHead, keepEnded, NewDirectories } from '../commit/bindings.ts'
import { CommitPlan, lineOf } from '../commit/commit-plan.ts'
import type { FsContext } from '../commit/context.ts'
import { type Attempt, mutate } from '../commit/mutation.ts'
import { type Entry, writtenEntry } from '../model/entry.ts'
import { encodeHead } from '../model/head-codec.ts'
import type { RestoreOptions } from '../model/options.ts'
import { alreadyExists, requireNotRoot } from '../resolve/expect-path.ts'
import type { Resolved } from '../resolve/resolver.ts'
import { type Removed, removedFrom } from './removed.ts'

/** Brings back what was removed from a path last: the same file with its versions, or the same tree. */
export async function restore(fs: FsContext, path: string, options: RestoreOptions): Promise<Entry> {
  const source = parseNamedPath(path)
  const target = parsePath(options.to ?? path)
  for (const each of [source, target]) requireNotRoot(each, 'restore')
  return mutate(fs, options, async (): Promise<Attempt<Entry>> => {
    const paths = source === target ? [source] : [source, target]
    const { resolved, time } = await fs.resolver.resolveAll(paths, { keepsLast: true, signal: options.signal })
    const [from, to = from] = resolved
    if (from === undefined || to === undefined)
      throw new NexusError('Unexpected', `restore ${source}: the snapshot has no answer for one of the two paths`)
    if (to.bound !== undefined) throw alreadyExists(target)
    const removed = await findRemoved(fs, from, options.signal)
    return reattach(fs, removed, to, time, options)
  })
}

/** @throws {NexusError} NotFound */
async function findRemoved(fs: FsContext, from: Resolved, signal: AbortSignal | undefined): Promise<Removed> {
  for await (const removed of removedFrom(fs, from, signal)) return removed
  throw new NexusError('NotFound', `nothing that was removed from ${from.path} can be restored`, { context: { path: from.path } })
}

function reattach(fs: FsContext, removed: Removed, to: Resolved, time: number, options: RestoreOptions): Attempt<Entry> {
  const { author = fs.author, parents } = options
  const plan = new CommitPlan(time)
  const directories = new NewDirectories(fs, plan, { author, time })
  const parent = directories.parentFor(to, parents)
  const key = directories.keyOf(parent, to)
  const head = detachedHead(removed.bound)
  plan.expect({ kind: 'absent', key })
  plan.put(key, encodeHead(head))
  spend(plan, removed)
  plan.log(lineOf('restore', parent.id, to.path, head))
  if (head.kind === 'directory') plan.whenCommitted(() => fs.resolver.hints.learn(parent, to.path, head.id))
  return { plan, result: (revision) => writtenEntry(to.asked, head, revision) }
}

/** A tree stops being detached; what is inside of one leaves it; any other binding is marked as restored in the history. */
function spend(plan: CommitPlan, { bound, directory, path, kept }: Removed): void {
  const { head, entry } = bound
  const rows = kept.as === 'detached' ? [kept.row] : kept.as === 'inside' ? [...kept.way, entry] : [entry]
  for (const { key, revision } of rows) plan.expect({ kind: 'at', key, revision })
  switch (kept.as) {
    case 'detached':
      plan.delete(kept.row.key)
      return
    case 'inside':
      plan.delete(entry.key)
      keepEnded(plan, { within: { id: directory }, path }, bound, 'moved')
      plan.log(lineOf('remove', directory, path, head, 'leaves'))
      return
    case 'ended':
      if (head.ended === undefined) throw new NexusError('Corrupt', 'a row of ended bindings does not say why it ended')
      plan.put(entry.key, encodeHead({ ...head, ended: { ...head.ended, why: 'restored' } }))
  }
}
