import { NexusError } from '../../core/errors.ts'
import { parseNamedPath, parsePath } from '../../core/path.ts'
import { revisionZero } from '../../core/revision.ts'
import { endBinding, NewDirectories } from '../commit/bindings.ts'
import { CommitPlan, lineOf } from '../commit/commit-plan.ts'
import type { FsContext } from '../commit/context.ts'
import { mutate } from '../commit/mutation.ts'
import { type DirectoryEntry, rootEntry, toDirectoryEntry } from '../model/entry.ts'
import { defaultMode, isDirectory } from '../model/head.ts'
import type { CommitOptions, MkdirOptions } from '../model/options.ts'
import { alreadyExists, requireBound, requireDirectory, requireNotRoot } from '../resolve/expect-path.ts'

export async function mkdir(fs: FsContext, path: string, options: MkdirOptions): Promise<DirectoryEntry> {
  const target = parsePath(path)
  const { recursive = false, author = fs.author, mode = defaultMode.directory } = options
  if (target === '/' && !recursive) throw alreadyExists(target)
  return mutate(fs, options, async () => {
    const { resolved, time } = await fs.resolver.resolve(target, { signal: options.signal })
    if (recursive && isDirectory(resolved.bound)) return { done: toDirectoryEntry(target, resolved.bound.head) }
    if (recursive && resolved.path === '/') return { done: rootEntry(target, fs.storeCreatedAt) }
    if (resolved.lastLink !== undefined || resolved.bound !== undefined) throw alreadyExists(target)
    const plan = new CommitPlan(time)
    const directories = new NewDirectories(fs, plan, { author, time })
    const parent = directories.parentFor(resolved, recursive)
    const head = directories.make(resolved.path, parent, { mode })
    return { plan, result: () => toDirectoryEntry(target, head) }
  })
}

/** Removes an empty directory. */
export async function rmdir(fs: FsContext, path: string, options: CommitOptions): Promise<void> {
  const target = parseNamedPath(path)
  requireNotRoot(target, 'rmdir')
  await mutate(fs, options, async () => {
    const { resolved, time, page } = await fs.resolver.resolve(target, {
      scan: { limit: 1 },
      keepsLast: true,
      signal: options.signal,
    })
    const directory = requireDirectory(resolved)
    const bound = requireBound(resolved)
    if ((page?.entries.length ?? 0) > 0) {
      throw new NexusError('NotEmpty', `${target} is not empty`, {
        advice: 'remove it with recursive',
        context: { path: target },
      })
    }
    const plan = new CommitPlan(time)
    plan.makesRoom = true
    endBinding(plan, resolved, bound, 'removed')
    plan.log(lineOf('rmdir', resolved.within.id, target, bound.head, 'leaves'))
    plan.expect({ kind: 'range', range: { group: directory.group }, count: 0, maxRevision: revisionZero })
    return { plan, result: () => undefined }
  })
}
