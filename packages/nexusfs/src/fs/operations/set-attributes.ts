import { NexusError } from '../../core/errors.ts'
import { parseNamedPath } from '../../core/path.ts'
import { keepEnded } from '../commit/bindings.ts'
import { CommitPlan, lineOf } from '../commit/commit-plan.ts'
import type { FsContext } from '../commit/context.ts'
import { type Attempt, mutate } from '../commit/mutation.ts'
import { attemptOf, finishPlan } from '../commit/plan-writes.ts'
import { type Entry, writtenEntry } from '../model/entry.ts'
import { type BoundDirectory, type DirectoryHead, isDirectory, isMode, type ModifiedTime, nextModified } from '../model/head.ts'
import { encodeHead } from '../model/head-codec.ts'
import type { ChmodOptions, UtimesOptions } from '../model/options.ts'
import { requireBound, requireNotRoot, requirePreconditions } from '../resolve/expect-path.ts'
import { pathUnchanged, type Resolved } from '../resolve/resolver.ts'

/** What an entry is given; the rest stays as it is. */
interface Attributes {
  readonly kind: 'chmod' | 'utimes'
  readonly mode?: number | undefined
  /** The time of the commit if neither is given. */
  readonly modified?: ModifiedTime | undefined
}

export async function chmod(fs: FsContext, path: string, mode: number, options: ChmodOptions): Promise<Entry> {
  if (!isMode(mode))
    throw new NexusError('InvalidArgument', `chmod: a mode is a whole number from 0 to 0o7777, not ${String(mode)}`)
  return change(fs, path, { kind: 'chmod', mode }, options)
}

export async function utimes(fs: FsContext, path: string, options: UtimesOptions): Promise<Entry> {
  const { modifiedAt } = options
  return change(fs, path, { kind: 'utimes', modified: modifiedAt && { modifiedAt: modifiedAt.getTime() } }, options)
}

/** A file gets a new version with the same content, a directory a new head. */
async function change(fs: FsContext, path: string, given: Attributes, options: ChmodOptions): Promise<Entry> {
  const target = parseNamedPath(path)
  return mutate(fs, options, async (): Promise<Attempt<Entry>> => {
    const { resolved, time } = await fs.resolver.resolve(target, { signal: options.signal })
    requireNotRoot(resolved.path, given.kind)
    const bound = requireBound(resolved)
    if (!isDirectory(bound)) return changeFile(fs, resolved, given, time, options)
    requirePreconditions(resolved, options)
    const plan = new CommitPlan(time)
    const head = changeDirectory(plan, resolved, bound, given, time)
    return { plan, result: (revision) => writtenEntry(target, head, revision) }
  })
}

async function changeFile(
  fs: FsContext,
  resolved: Resolved,
  { kind, mode, modified }: Attributes,
  time: number,
  options: ChmodOptions,
): Promise<Attempt<Entry>> {
  const { asked: path, bound } = resolved
  if (bound?.head.kind !== 'file')
    throw new NexusError('Unexpected', `${path}: only a file or a directory can get a mode or a time`)
  const { head } = bound
  const kept = kind === 'chmod' ? { modifiedAt: head.modifiedAt, modifiedNanoseconds: head.modifiedNanoseconds } : modified
  const write = { path, kind, content: { kind: 'own', head }, mode, modified: kept, ifMatch: options.ifMatch } as const
  const planned = await finishPlan(fs, [write], { resolved: [resolved], rows: new Map(), time }, options)
  return attemptOf(planned, (revision) => planned.entry(path, revision))
}

/** A directory gets another mode or time; the head before goes to the history of its name. Its author stays who made it. */
export function changeDirectory(
  plan: CommitPlan,
  resolved: Resolved,
  bound: BoundDirectory,
  { kind, mode, modified }: Attributes,
  time: number,
): DirectoryHead {
  if (resolved.key === undefined) throw new NexusError('Unexpected', `${resolved.asked} has no entry that could change`)
  const { head: old, entry } = bound
  const touched = kind === 'utimes' ? (modified ?? { modifiedAt: nextModified(time, old.modifiedAt) }) : undefined
  const head: DirectoryHead = {
    ...old,
    ...(touched && { modifiedAt: touched.modifiedAt, modifiedNanoseconds: touched.modifiedNanoseconds }),
    mode: mode ?? old.mode,
    changedAt: time,
    born: undefined,
  }
  plan.expect(...pathUnchanged(resolved))
  plan.expect({ kind: 'at', key: resolved.key, revision: entry.revision })
  keepEnded(plan, resolved, bound, 'changed')
  plan.put(resolved.key, encodeHead(head))
  plan.log(lineOf(kind, resolved.within.id, resolved.path, head))
  return head
}
