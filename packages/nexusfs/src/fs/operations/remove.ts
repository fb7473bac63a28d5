import { NexusError } from '../../core/errors.ts'
import { isId } from '../../core/id.ts'
import { type NexusPath, nameOf, parentOf, parseNamedPath } from '../../core/path.ts'
import { detachedKey, headKey, rootId } from '../../metadata/keyspace.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord, type RecordFields } from '../../metadata/record.ts'
import { endBinding } from '../commit/bindings.ts'
import { CommitPlan, lineOf } from '../commit/commit-plan.ts'
import type { FsContext } from '../commit/context.ts'
import { type Attempt, mutate } from '../commit/mutation.ts'
import { type Bound, isDirectory } from '../model/head.ts'
import { decodeHead } from '../model/head-codec.ts'
import type { RemoveOptions } from '../model/options.ts'
import { requireBound, requireDirectory, requireNotRoot, requirePreconditions } from '../resolve/expect-path.ts'
import { pathUnchanged, type Resolved } from '../resolve/resolver.ts'

/** Four rows at most, whatever the size of the tree: it is detached as it is, and what hangs below it is not touched. */
export async function remove(fs: FsContext, path: string, options: RemoveOptions): Promise<boolean> {
  const target = parseNamedPath(path)
  requireNotRoot(target, 'remove')
  return mutate(fs, options, async (): Promise<Attempt<boolean>> => {
    const seen = await fs.resolver.resolve(target, { keepsLast: true, signal: options.signal }).catch(unreadable)
    if (seen instanceof NexusError) return removeUnreadable(fs, target, options, seen)
    const { resolved, time } = seen
    if (options.force && resolved.bound === undefined && resolved.obstacle?.kind !== 'file') return { done: false }
    const bound = requireBound(resolved)
    requirePreconditions(resolved, { ifMatch: options.ifMatch })
    return { plan: removal(resolved, bound, time, options), result: () => true }
  })
}

function removal(resolved: Resolved, bound: Bound, time: number, options: RemoveOptions): CommitPlan {
  const { path } = resolved
  const plan = new CommitPlan(time)
  planRemoval(plan, resolved, bound)
  plan.makesRoom = true
  if (!isDirectory(bound) || options.recursive) return plan
  throw mustBeRecursive(path)
}

/** Takes out what stands at a path, a directory with all below it. */
export function planRemoval(plan: CommitPlan, resolved: Resolved, bound: Bound): void {
  const { path, within } = resolved
  const directory = within.id
  const name = nameOf(path)
  endBinding(plan, resolved, bound, isDirectory(bound) ? 'detached' : 'removed')
  plan.log(lineOf('remove', directory, path, bound.head, 'leaves'))
  if (isDirectory(bound)) plan.put(detachedKey(bound.head.id), encodeRecord({ w: 'removed', d: directory, n: name }))
}

/** An error that an entry on the way cannot be understood; others are thrown. */
function unreadable(error: unknown): NexusError {
  if (error instanceof NexusError && ['Corrupt', 'Unsupported'].includes(error.code)) return error
  throw error
}

/** Nothing is kept of an entry that cannot be understood: nothing could read it in the history either. */
async function removeUnreadable(
  fs: FsContext,
  target: NexusPath,
  { recursive, ifMatch, signal }: RemoveOptions,
  cause: NexusError,
): Promise<Attempt<boolean>> {
  const { resolved, time } = await fs.resolver.resolve(parentOf(target), { signal })
  const { group, id: directory } = requireDirectory(resolved)
  const key = headKey(group, nameOf(target))
  const [entry] = (await fs.metadata.read({ get: [key] }, { signal })).get
  if (entry === undefined || isReadable(entry)) return { again: true }
  if (ifMatch !== undefined) throw cause
  const { k: kind, i: id } = fieldsOf(entry)
  if (kind === 'd' && !recursive) throw mustBeRecursive(target)
  const plan = new CommitPlan(time)
  plan.expect(...pathUnchanged(resolved))
  if (resolved.bound !== undefined)
    plan.expect({ kind: 'at', key: resolved.bound.entry.key, revision: resolved.bound.entry.revision })
  plan.expect({ kind: 'at', key, revision: entry.revision })
  plan.delete(key)
  plan.makesRoom = true
  plan.log({ kind: 'remove', directory, name: nameOf(target), id: isId(id) ? id : rootId, version: 0, delta: 0, size: 0 })
  return { plan, result: () => true }
}

function isReadable(entry: MetadataEntry): boolean {
  try {
    return decodeHead(entry) !== undefined
  } catch {
    return false
  }
}

/** What can be read of it all the same. */
function fieldsOf(entry: MetadataEntry): RecordFields {
  try {
    return decodeRecord(entry.value).fields
  } catch {
    return {}
  }
}

function mustBeRecursive(path: NexusPath): NexusError {
  return new NexusError('IsADirectory', `${path} is a directory`, { advice: 'remove it with recursive', context: { path } })
}
