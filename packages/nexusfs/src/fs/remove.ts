import { NexusError } from '../core/errors.ts'
import { nameOf, parseNamedPath } from '../core/path.ts'
import { detachedKey } from '../metadata/keyspace.ts'
import { encodeRecord } from '../metadata/record.ts'
import { CommitDraft, lineOf } from './commit-draft.ts'
import type { FsContext } from './context.ts'
import { endBinding } from './end-binding.ts'
import { demandBound, demandNotRoot, demandPreconditions } from './expect-path.ts'
import { type Bound, isDirectory } from './head.ts'
import { type Attempt, mutate } from './mutation.ts'
import type { RemoveOptions } from './options.ts'
import type { Resolved } from './resolver.ts'

/** Four rows at most, whatever the size of the tree: it is detached as it is, and what hangs below it is not touched. */
export async function remove(fs: FsContext, path: string, options: RemoveOptions): Promise<boolean> {
  const target = parseNamedPath(path)
  demandNotRoot(target, 'remove')
  return mutate(fs, options, async (): Promise<Attempt<boolean>> => {
    const { only, time } = await fs.resolver.resolve(target, { keepsLast: true, signal: options.signal })
    if (options.force && only.bound === undefined && only.obstacle?.kind !== 'file') return { done: false }
    const bound = demandBound(only)
    demandPreconditions(only, { ifMatch: options.ifMatch })
    return { draft: removal(only, bound, options), time, result: () => true }
  })
}

function removal(resolved: Resolved, bound: Bound, options: RemoveOptions): CommitDraft {
  const { path, within } = resolved
  const draft = new CommitDraft()
  const directory = within.id
  const name = nameOf(path)
  endBinding(draft, resolved, bound, isDirectory(bound) ? 'detached' : 'removed')
  draft.log(lineOf('remove', directory, path, bound.head, 'leaves'))
  if (!isDirectory(bound)) return draft
  if (!options.recursive) {
    throw new NexusError('IsADirectory', `${path} is a directory; remove it with recursive`, { context: { path } })
  }
  draft.put(detachedKey(bound.head.id), encodeRecord({ w: 'removed', d: directory, n: name }))
  return draft
}
