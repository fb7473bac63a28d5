import type { IncomingContent, ReferredContent } from '../../content/incoming-content.ts'
import type { Digest } from '../../core/digest.ts'
import { NexusError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import type { NexusPath } from '../../core/path.ts'
import { type Revision, revisionZero } from '../../core/revision.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { type FileEntry, writtenEntry } from '../model/entry.ts'
import type { BoundFile, FileHead } from '../model/head.ts'
import type { CommitOptions, ParentOptions } from '../model/options.ts'
import { requireFile } from '../resolve/expect-path.ts'
import type { AlsoRead } from '../resolve/path-lookup.ts'
import type { Resolved } from '../resolve/resolver.ts'
import type { CommitPlan } from './commit-plan.ts'
import type { FsContext } from './context.ts'
import { type FileWrite, FileWrites, type WrittenContent } from './file-writes.ts'
import type { Attempt } from './mutation.ts'

/** A plan that makes versions of files. */
export interface PlannedWrites {
  readonly plan: CommitPlan
  /** The version of a path, once the commit has its revision. */
  entry(path: NexusPath, revision: Revision): FileEntry
}

/** One attempt at a change that makes versions of files; done without a commit if there is nothing to change. */
export function attemptOf<T>({ plan }: Pick<PlannedWrites, 'plan'>, result: (revision: Revision) => T): Attempt<T> {
  return plan.isEmpty ? { done: result(revisionZero) } : { plan, result }
}

/** What one look showed of the paths and of the contents that are to be written. */
export interface LookedUp {
  /** In the order of the paths. */
  readonly resolved: readonly Resolved[]
  /** The content rows, by digest; tiny content has none. */
  readonly rows: Map<Digest, MetadataEntry | undefined>
  readonly time: number
}

/** Looks at all paths and all content rows in one snapshot. */
export async function lookUp(
  fs: FsContext,
  paths: readonly NexusPath[],
  contents: readonly IncomingContent[],
  options: Pick<AlsoRead, 'keepsLast' | 'signal'>,
): Promise<LookedUp> {
  const shared = contents.filter(({ size }) => size > limits.tinyContentBytes)
  const { resolved, get, time } = await fs.resolver.resolveAll(paths, { ...options, get: shared.map(({ key }) => key) })
  return { resolved, rows: new Map(shared.map(({ digest }, index) => [digest, get[index]])), time }
}

/** The same for one path. */
export async function lookUpOne(
  fs: FsContext,
  path: NexusPath,
  contents: readonly IncomingContent[],
  signal: AbortSignal | undefined,
): Promise<Omit<LookedUp, 'resolved'> & { readonly resolved: Resolved }> {
  const { resolved, ...rest } = await lookUp(fs, [path], contents, { signal })
  return { ...rest, resolved: present(resolved[0], path) }
}

/** Looks, and plans one commit that writes every file. */
export async function planWrites(
  fs: FsContext,
  writes: readonly FileWrite[],
  options: CommitOptions & ParentOptions,
): Promise<PlannedWrites> {
  const contents = writes.flatMap(({ content }) => (content.kind === 'incoming' ? [content.incoming] : []))
  for (const incoming of contents) incoming.startAttempt()
  const paths = [...new Set(writes.map(({ path }) => path))]
  return finishPlan(fs, writes, await lookUp(fs, paths, contents, { signal: options.signal }), options)
}

/** The same for what was looked at already. */
export async function finishPlan(
  fs: FsContext,
  writes: readonly FileWrite[],
  { resolved, rows, time }: LookedUp,
  options: CommitOptions & ParentOptions,
): Promise<PlannedWrites> {
  const { author = fs.author, reason, parents, signal } = options
  const files = new FileWrites(fs, { author, reason, parents, signal, time, rows })
  const byPath = new Map(resolved.map((each) => [each.asked, each]))
  for (const write of writes) files.write(write, present(byPath.get(write.path), write.path))
  const heads = await files.finish()
  files.plan.contents = writes.flatMap(({ content }) => contentIn(content))
  return {
    plan: files.plan,
    entry: (path, revision) => writtenEntry(path, present(heads.get(present(byPath.get(path), path).path), path), revision),
  }
}

function contentIn(content: WrittenContent): readonly ReferredContent[] {
  if (content.kind === 'own') return []
  return [content.kind === 'incoming' ? content.incoming : content.stored]
}

function present<T extends Resolved | FileHead>(value: T | undefined, path: NexusPath): T {
  if (value === undefined) throw new NexusError('Unexpected', `${path}: the snapshot has no answer for this path`)
  return value
}

/** From then on a look at the path is out of date; in milliseconds. */
export const freshForMs = 100

/** A change mostly makes new content, whose row need not be looked for: the commit expects that there is none. */
export function seemsKnown(fs: FsContext, incoming: IncomingContent, file: BoundFile | undefined): boolean {
  if (incoming.size <= limits.tinyContentBytes) return false
  return incoming.digest === file?.head.digest || fs.content.cached(incoming.digest) !== undefined
}

/** The file at the path, or nothing where one can be made. */
export function fileAt(resolved: Resolved): BoundFile | undefined {
  return resolved.bound === undefined && resolved.directory === undefined && resolved.obstacle?.kind !== 'file'
    ? undefined
    : requireFile(resolved)
}
