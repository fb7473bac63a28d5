import { NexusError } from '../../core/errors.ts'
import { newId } from '../../core/id.ts'
import { checkLinkTarget, type NexusPath, parseNamedPath, parsePath } from '../../core/path.ts'
import { versionKey } from '../../metadata/keyspace.ts'
import { keepEnded, type Made, NewDirectories } from '../commit/bindings.ts'
import { CommitPlan, lineOf } from '../commit/commit-plan.ts'
import { findVersion } from '../commit/content-of-version.ts'
import type { FsContext } from '../commit/context.ts'
import { type Attempt, mutate } from '../commit/mutation.ts'
import { type LinkEntry, writtenEntry } from '../model/entry.ts'
import {
  type BoundFile,
  type BoundLink,
  bornRevision,
  defaultMode,
  isDirectory,
  isLink,
  type LinkHead,
  type ModifiedTime,
  nextModified,
  versionRevision,
} from '../model/head.ts'
import { encodeHead } from '../model/head-codec.ts'
import type { OperationOptions, ReadOptions, SymlinkOptions } from '../model/options.ts'
import type { DirectoryHint } from '../resolve/directory-hints.ts'
import { alreadyExists, isADirectory, mayReplace, requireBound, requirePreconditions } from '../resolve/expect-path.ts'
import type { Resolved } from '../resolve/resolver.ts'

export async function symlink(fs: FsContext, target: string, path: string, options: SymlinkOptions): Promise<LinkEntry> {
  const text = checkLinkTarget(target)
  const at = parsePath(path)
  if (at === '/') throw alreadyExists(at)
  const { author = fs.author, reason, parents } = options
  const modified = options.modifiedAt && { modifiedAt: options.modifiedAt.getTime() }
  return mutate(fs, options, async (): Promise<Attempt<LinkEntry>> => {
    const { resolved, time } = await fs.resolver.resolve(at, { keepsLast: true, signal: options.signal })
    requirePreconditions(resolved, options)
    if (resolved.bound !== undefined && !mayReplace(options)) throw alreadyExists(at)
    const plan = new CommitPlan(time)
    const directories = new NewDirectories(fs, plan, { author, time })
    const parent = directories.parentFor(resolved, parents)
    const head = bindLink(fs, { plan, directories, parent }, resolved, { target: text, modified }, { author, reason, time })
    return { plan, result: (revision) => writtenEntry(at, head, revision) }
  })
}

/** Where a commit puts a link. */
interface LinkCommit {
  readonly plan: CommitPlan
  readonly directories: NewDirectories
  readonly parent: DirectoryHint
}

/**
 * A link at a name that is free, or that of a link, which gets a new version, or of a file, which it replaces.
 * @param resolved with its last name kept as it is
 * @throws {NexusError} IsADirectory
 */
export function bindLink(
  fs: FsContext,
  { plan, directories, parent }: LinkCommit,
  resolved: Resolved,
  { target, modified }: { readonly target: string; readonly modified?: ModifiedTime | undefined },
  { time, author, reason }: Made & { readonly reason?: string | undefined },
): LinkHead {
  const { bound } = resolved
  if (resolved.directory !== undefined || isDirectory(bound)) throw isADirectory(resolved.asked)
  const old = isLink(bound) ? bound : undefined
  const head: LinkHead = {
    kind: 'link',
    id: old?.head.id ?? newId(fs.random),
    version: (old?.head.version ?? 0) + 1,
    target,
    createdAt: old?.head.createdAt ?? time,
    modifiedAt: modified?.modifiedAt ?? nextModified(time, old?.head.modifiedAt),
    modifiedNanoseconds: modified?.modifiedNanoseconds,
    changedAt: time,
    mode: defaultMode.link,
    author,
    reason,
    born: old && bornRevision(old),
  }
  const key = directories.keyOf(parent, resolved)
  plan.expect(bound === undefined ? { kind: 'absent', key } : { kind: 'at', key, revision: bound.entry.revision })
  if (old !== undefined) keepVersion(plan, old)
  else if (bound !== undefined) replaceFile(plan, resolved, bound)
  plan.put(key, encodeHead(head))
  plan.log(lineOf('symlink', parent.id, resolved.path, head))
  return head
}

function keepVersion(plan: CommitPlan, old: BoundLink): void {
  const superseded: LinkHead = { ...old.head, born: undefined, revision: versionRevision(old) }
  plan.put(versionKey(old.head.id, old.head.version), encodeHead(superseded))
}

function replaceFile(plan: CommitPlan, resolved: Resolved, bound: BoundFile | BoundLink): void {
  keepEnded(plan, resolved, bound, 'replaced')
  plan.log(lineOf('remove', resolved.within.id, resolved.path, bound.head, 'leaves'))
}

/** The target of a link, as it was given. */
export async function readlink(fs: FsContext, path: string, options: ReadOptions): Promise<string> {
  const at = parseNamedPath(path)
  const { resolved } = await fs.resolver.resolve(at, { keepsLast: true, signal: options.signal })
  const bound = at === '/' ? undefined : requireBound(resolved)
  if (isLink(bound)) return (await findVersion(fs, at, bound, options.version, options.signal)).head.target
  const kind = bound?.head.kind ?? 'directory'
  throw new NexusError('InvalidArgument', `${at} is a ${kind}, not a link`, { context: { path: at } })
}

/** The path without any link on its way: where what the path names really is. */
export async function realpath(fs: FsContext, path: string, options: OperationOptions): Promise<NexusPath> {
  const { resolved } = await fs.resolver.resolve(parseNamedPath(path), { signal: options.signal })
  if (resolved.directory === undefined) requireBound(resolved)
  return resolved.path
}
