import type { IncomingContent, ReferredContent } from '../../content/incoming-content.ts'
import type { Digest } from '../../core/digest.ts'
import { NexusError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import type { NexusPath } from '../../core/path.ts'
import { type Revision, revisionZero } from '../../core/revision.ts'
import type { Key, MetadataEntry } from '../../metadata/metadata-store.ts'
import type { FileEntry } from '../model/entry.ts'
import { writtenEntry } from '../model/entry.ts'
import type { FileHead } from '../model/head.ts'
import type { CommitOptions, ParentOptions } from '../model/options.ts'
import type { Resolved } from '../resolve/resolver.ts'
import type { CommitDraft } from './commit-draft.ts'
import type { FsContext } from './context.ts'
import type { Attempt } from './mutation.ts'
import { type FileWrite, WritePlan, type WrittenContent } from './write-plan.ts'

/** Writes that are ready to be committed. */
export interface PlannedWrites {
  readonly draft: CommitDraft
  readonly time: number
  readonly contents: readonly ReferredContent[]
  /** The version of a path, once the commit has its revision. */
  entry(path: NexusPath, revision: Revision): FileEntry
}

/** One attempt at a change that makes versions of files; done without a commit if there is nothing to change. */
export function attemptOf<T>(planned: PlannedWrites, result: (revision: Revision) => T): Attempt<T> {
  return planned.draft.isEmpty ? { done: result(revisionZero) } : { ...planned, result }
}

/** Looks at all paths and all content rows in one snapshot, and plans one commit that writes every file. */
export async function planWrites(
  fs: FsContext,
  writes: readonly FileWrite[],
  options: CommitOptions & ParentOptions,
): Promise<PlannedWrites> {
  for (const incoming of incomingOf(writes)) incoming.startAttempt()
  const shared = incomingOf(writes).filter(({ size }) => size > limits.tinyContentBytes)
  const paths = [...new Set(writes.map(({ path }) => path))]
  const snapshot = await fs.resolver.resolveAll(paths, { get: keysOf(shared), signal: options.signal })
  const rows = rowsOf(shared, snapshot.get)
  const resolved = new Map(snapshot.resolved.map((each) => [each.asked, each]))
  return finishPlan(fs, writes, resolved, rows, snapshot.time, options)
}

/** The same for paths and rows that were looked at already. */
export async function finishPlan(
  fs: FsContext,
  writes: readonly FileWrite[],
  resolved: ReadonlyMap<NexusPath, Resolved>,
  rows: ReadonlyMap<Digest, MetadataEntry | undefined>,
  time: number,
  options: CommitOptions & ParentOptions,
): Promise<PlannedWrites> {
  const { author = fs.author, reason, parents, signal } = options
  const plan = new WritePlan(fs, { author, reason, parents, signal, time, rows })
  for (const write of writes) plan.write(write, demand(resolved.get(write.path), write.path))
  const heads = await plan.finish()
  return {
    draft: plan.draft,
    time,
    contents: writes.flatMap(({ content }) => contentIn(content)),
    entry: (path, revision) => writtenEntry(path, demand(heads.get(demand(resolved.get(path), path).path), path), revision),
  }
}

function contentIn(content: WrittenContent): readonly ReferredContent[] {
  if (content.kind === 'own') return []
  return [content.kind === 'incoming' ? content.incoming : content.stored]
}

function incomingOf(writes: readonly FileWrite[]): readonly IncomingContent[] {
  return writes.flatMap(({ content }) => (content.kind === 'incoming' ? [content.incoming] : []))
}

function keysOf(contents: readonly IncomingContent[]): readonly Key[] {
  return contents.map(({ key }) => key)
}

function rowsOf(
  contents: readonly IncomingContent[],
  entries: readonly (MetadataEntry | undefined)[],
): ReadonlyMap<Digest, MetadataEntry | undefined> {
  return new Map(contents.map(({ digest }, index) => [digest, entries[index]]))
}

function demand<T extends Resolved | FileHead>(value: T | undefined, path: NexusPath): T {
  if (value === undefined) throw new NexusError('Unexpected', `${path} was lost while it was written`)
  return value
}
