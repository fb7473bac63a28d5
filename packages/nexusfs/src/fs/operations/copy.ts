import { StoredContent } from '../../content/stored-content.ts'
import { NexusError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import { type NexusPath, parseNamedPath } from '../../core/path.ts'
import { contentKey } from '../../metadata/keyspace.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { findVersion, withPath } from '../commit/content-of-version.ts'
import type { FsContext } from '../commit/context.ts'
import type { FileWrite } from '../commit/file-writes.ts'
import { type Attempt, mutate, settling } from '../commit/mutation.ts'
import { attemptOf, finishPlan, type PlannedWrites } from '../commit/plan-writes.ts'
import type { FileEntry } from '../model/entry.ts'
import { type FileHead, isDirectory } from '../model/head.ts'
import type { CommitOptions, CopyOptions, ParentOptions, Preconditions, RollbackOptions } from '../model/options.ts'
import {
  alreadyExists,
  directoryInTheWay,
  isSameFixture,
  mayReplace,
  parseFilePath,
  requireFile,
  requirePreconditions,
} from '../resolve/expect-path.ts'
import { pathUnchanged, type Resolved } from '../resolve/resolver.ts'

/** A new file (or, with `overwrite`, a new version of one) with the content of another: no content bytes are stored. */
export async function copy(fs: FsContext, from: string, to: string, options: CopyOptions): Promise<FileEntry> {
  const source = parseNamedPath(from)
  const target = parseFilePath(to)
  const stored = new StoredContent(fs.content)
  const attempt = async (): Promise<Attempt<FileEntry>> => {
    const { resolved, time } = await fs.resolver.resolveAll([source, target], { signal: options.signal })
    const [origin, destination] = resolved
    if (origin === undefined || destination === undefined)
      throw new NexusError('Unexpected', `copy ${source}: the snapshot has no answer for one of the two paths`)
    const current = requireFile(origin)
    const isTaken = isDirectory(destination.bound)
    const there = destination.bound ?? destination.lastLink
    if (isTaken) requirePreconditions(destination, options)
    if (isTaken && !mayReplace(options)) throw directoryInTheWay(target, source, options)
    if (there !== undefined && (!mayReplace(options) || isSameFixture(origin, destination))) throw alreadyExists(target)
    const { head } = await findVersion(fs, source, current, options.version, options.signal)
    if (isTaken) throw directoryInTheWay(target, source, options)
    const copied = await writeStored(fs, 'copy', { source, head, stored }, destination, time, options)
    copied.plan.expect(...pathUnchanged(origin))
    copied.plan.expect({ kind: 'at', key: current.entry.key, revision: current.entry.revision })
    return attemptOf(copied, (revision) => copied.entry(target, revision))
  }
  return settling([stored], () => mutate(fs, options, attempt))
}

/** A new version of an existing file with the content of an older one. */
export async function rollback(fs: FsContext, path: string, version: number, options: RollbackOptions): Promise<FileEntry> {
  const target = parseNamedPath(path)
  if (typeof version !== 'number') throw new NexusError('InvalidArgument', `rollback: version is a number, not ${typeof version}`)
  const stored = new StoredContent(fs.content)
  const attempt = async (): Promise<Attempt<FileEntry>> => {
    const { resolved, time } = await fs.resolver.resolve(target, { signal: options.signal })
    const { head } = await findVersion(fs, target, requireFile(resolved), version, options.signal)
    const rolled = await writeStored(fs, 'rollback', { source: target, head, stored }, resolved, time, options)
    return attemptOf(rolled, (revision) => rolled.entry(target, revision))
  }
  return settling([stored], () => mutate(fs, options, attempt))
}

/** The row of the content is read after the snapshot of the path; the commit expects both unchanged. */
async function writeStored(
  fs: FsContext,
  kind: FileWrite['kind'],
  { source, head, stored }: { source: NexusPath; head: FileHead; stored: StoredContent },
  destination: Resolved,
  time: number,
  options: CommitOptions & ParentOptions & Preconditions,
): Promise<PlannedWrites> {
  const { asked: path } = destination
  const row = await contentRowOf(fs, head, options.signal)
  const write: FileWrite = {
    path,
    kind,
    content: { kind: 'stored', head, row, stored },
    mode: head.mode,
    ifMatch: options.ifMatch,
    ifNoneMatch: options.ifNoneMatch,
  }
  const plan = finishPlan(fs, [write], { resolved: [destination], rows: new Map(), time }, options)
  return plan.catch(withPath(source, head))
}

async function contentRowOf(fs: FsContext, head: FileHead, signal: AbortSignal | undefined): Promise<MetadataEntry | undefined> {
  if (head.size <= limits.tinyContentBytes) return undefined
  const { get } = await fs.metadata.read({ get: [contentKey(head.digest)] }, { signal })
  return get[0]
}
