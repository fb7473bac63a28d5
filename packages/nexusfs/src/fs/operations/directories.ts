import { NexusError } from '../../core/errors.ts'
import { parseNamedPath, parsePath } from '../../core/path.ts'
import { revisionZero } from '../../core/revision.ts'
import { endBinding, NewDirectories } from '../commit/bindings.ts'
import { CommitPlan, lineOf } from '../commit/commit-plan.ts'
import type { FsContext } from '../commit/context.ts'
import { mutate } from '../commit/mutation.ts'
import { defaultMode } from '../model/attributes.ts'
import { type DirectoryEntry, rootEntry, toDirectoryEntry } from '../model/entry.ts'
import { isDirectory } from '../model/head.ts'
import type { CommitOptions, MkdirOptions } from '../model/options.ts'
import { alreadyExists, demandBound, demandDirectory, demandNotRoot } from '../resolve/expect-path.ts'

export async function mkdir(fs: FsContext, path: string, options: MkdirOptions): Promise<DirectoryEntry> {
  const target = parsePath(path)
  const { recursive = false, author = fs.author, mode = defaultMode.directory } = options
  if (target === '/' && !recursive) throw alreadyExists(target)
  return mutate(fs, options, async () => {
    const { only, time } = await fs.resolver.resolve(target, { signal: options.signal })
    if (recursive && isDirectory(only.bound)) return { done: toDirectoryEntry(target, only.bound.head) }
    if (recursive && only.path === '/') return { done: rootEntry(target, fs.foundedAt) }
    if (only.lastLink !== undefined || only.bound !== undefined) throw alreadyExists(target)
    const plan = new CommitPlan(time)
    const directories = new NewDirectories(fs, plan, { author, time })
    const parent = directories.parentFor(only, recursive)
    const head = directories.make(only.path, parent, { mode })
    return { plan, result: () => toDirectoryEntry(target, head) }
  })
}

/** Removes an empty directory. */
export async function rmdir(fs: FsContext, path: string, options: CommitOptions): Promise<void> {
  const target = parseNamedPath(path)
  demandNotRoot(target, 'rmdir')
  await mutate(fs, options, async () => {
    const { only, time, page } = await fs.resolver.resolve(target, {
      scan: { limit: 1 },
      keepsLast: true,
      signal: options.signal,
    })
    const directory = demandDirectory(only)
    const bound = demandBound(only)
    if ((page?.entries.length ?? 0) > 0) {
      throw new NexusError('NotEmpty', `${target} is not empty`, {
        advice: 'remove it with recursive',
        context: { path: target },
      })
    }
    const plan = new CommitPlan(time)
    plan.makesRoom = true
    endBinding(plan, only, bound, 'removed')
    plan.log(lineOf('rmdir', only.within.id, target, bound.head, 'leaves'))
    plan.expect({ kind: 'range', range: { group: directory.group }, count: 0, maxRevision: revisionZero })
    return { plan, result: () => undefined }
  })
}
