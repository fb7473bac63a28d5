import { type BigIntStats, constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { decodeContentRow } from '../../content/content-row.ts'
import type { IncomingContent } from '../../content/incoming-content.ts'
import { childOf, type NexusPath, nameOf } from '../../core/path.ts'
import { contentKey } from '../../metadata/keyspace.ts'
import type { FsContext } from '../commit/context.ts'
import type { FileWrites, FileWritesOptions } from '../commit/file-writes.ts'
import { type BoundFile, isDirectory, isFile, isLink, isSameTime, timeOfFile } from '../model/head.ts'
import type { LeftOutReason } from '../model/left-out.ts'
import { changeDirectory } from '../operations/set-attributes.ts'
import { bindLink } from '../operations/symlinks.ts'
import { boundPages } from '../operations/walk.ts'
import { isADirectory, notADirectory } from '../resolve/expect-path.ts'
import type { Resolved } from '../resolve/resolver.ts'
import type { ImportRun } from './import-batch.ts'
import { stampOf, whyNot } from './local-file.ts'
import { type LocalItem, utf8Name } from './local-survey.ts'

/** A file with what was read of it, in the state that it was read in; or a directory, or a link. */
export type ReadItem = LocalItem & { readonly incoming?: IncomingContent | undefined; readonly stamp?: string | undefined }

export type Planned = 'add' | 'change' | undefined

/** Plans what an item changes in the store: nothing, if it is there as it is. */
export function planItem(
  fs: FsContext,
  writes: FileWrites,
  item: ReadItem,
  there: Resolved,
  options: FileWritesOptions,
): Planned {
  const isThere = there.bound !== undefined || there.directory !== undefined
  if (!isPlanned(fs, writes, item, there, options)) return undefined
  return isThere ? 'change' : 'add'
}

function isPlanned(fs: FsContext, writes: FileWrites, item: ReadItem, there: Resolved, options: FileWritesOptions): boolean {
  switch (item.kind) {
    case 'directory':
      return isDirectoryPlanned(writes, item, there, options)
    case 'link':
      return isLinkPlanned(fs, writes, item, there, options)
    case 'file':
      return item.incoming !== undefined && isFilePlanned(writes, item, there, item.incoming)
  }
}

function isDirectoryPlanned(writes: FileWrites, item: ReadItem, there: Resolved, { time }: FileWritesOptions): boolean {
  if (there.bound !== undefined && !isDirectory(there.bound)) throw notADirectory(item.path, there.bound.head.kind)
  const mode = modeOf(item.seen)
  const modified = timeOfFile(item.seen.mtimeNs)
  if (there.directory === undefined) {
    if (writes.directories.get(there.path) !== undefined) return false
    writes.directories.make(there.path, writes.parentFor(there), { mode, ...modified })
    return true
  }
  if (!isDirectory(there.bound) || isSameEntry(item, there)) return false
  const kind = isSameTime(there.bound.head, modified) ? 'chmod' : 'utimes'
  changeDirectory(writes.plan, there, there.bound, { kind, mode, modified }, time)
  return true
}

function isLinkPlanned(
  fs: FsContext,
  writes: FileWrites,
  item: Extract<ReadItem, { kind: 'link' }>,
  there: Resolved,
  by: FileWritesOptions,
): boolean {
  if (isSameEntry(item, there)) return false
  if (there.directory !== undefined) throw isADirectory(item.path)
  const { plan, directories } = writes
  const link = { target: item.target, modified: timeOfFile(item.seen.mtimeNs) }
  bindLink(fs, { plan, directories, parent: writes.parentFor(there) }, there, link, by)
  return true
}

function isFilePlanned(writes: FileWrites, { path, seen, stamp }: ReadItem, there: Resolved, incoming: IncomingContent): boolean {
  const modified = timeOfFile(seen.mtimeNs)
  const mode = modeOf(seen)
  if (isFile(there.bound)) {
    const { head } = there.bound
    if (head.digest === incoming.digest && head.mode === mode && isSameTime(head, modified)) {
      writes.keep(incoming)
      return false
    }
  }
  writes.write({ path, kind: 'write', content: { kind: 'incoming', incoming }, mode, modified, stamp }, there)
  return true
}

/** True for a link or a directory that is there as it is at the source. */
function isSameEntry(item: LocalItem, there: Resolved | undefined): boolean {
  const { bound, directory } = there ?? {}
  if (item.kind === 'link')
    return isLink(bound) && bound.head.target === item.target && isSameTime(bound.head, timeOfFile(item.seen.mtimeNs))
  if (item.kind === 'file' || directory === undefined) return false
  if (!isDirectory(bound)) return true
  return bound.head.mode === modeOf(item.seen) && isSameTime(bound.head, timeOfFile(item.seen.mtimeNs))
}

/** The 12 bits of `chmod`. */
function modeOf({ mode }: BigIntStats): number {
  return Number(mode & 0o7777n)
}

interface LookedAt {
  readonly item: LocalItem
  /** Absent below a path that is cleared first. */
  readonly there: Resolved | undefined
}

/** What the store says of a batch, before any of its files is read. */
export interface Look {
  /** What nothing in the store stands in the way of, each with what stands at its path. */
  readonly items: readonly LookedAt[]
  /** To be removed first: what is gone at the source, or of another kind there. */
  readonly removals: readonly NexusPath[]
  /** What the store has as it is: files that need not be read, directories and links. */
  readonly unchanged: ReadonlySet<LocalItem>
}

/**
 * Looks at all paths of a batch in one snapshot.
 * @throws {NexusError} IsADirectory or NotADirectory if the source itself is of another kind than what stands at its path
 */
export async function lookAtStore(fs: FsContext, batch: readonly LocalItem[], run: ImportRun): Promise<Look> {
  const { signal } = run.local
  const paths = batch.map(({ path }) => path)
  const { resolved } = await fs.resolver.resolveAll(paths, { keepsLast: true, signal })
  const items: LookedAt[] = []
  const removals: NexusPath[] = []
  for (const [index, item] of batch.entries()) {
    const there = resolved[index]
    if (there === undefined || isBelow(item.path, run.blocked)) continue
    if (isBelow(item.path, run.cleared)) {
      items.push({ item, there: undefined })
      continue
    }
    const way = wayOf(item, there, run)
    if (way === 'blocked') {
      run.tally.leaveOut({ path: item.below, why: 'in the way' })
      run.blocked = item.path
      continue
    }
    if (way === 'to be cleared') {
      removals.push(item.path)
      run.cleared = item.path
    } else if (run.options.mirror && item.kind === 'directory' && there.directory !== undefined) {
      removals.push(...(await goneFrom(fs, item, run)))
    }
    items.push({ item, there })
  }
  return { items, removals, unchanged: await unchangedItems(fs, items, run) }
}

function isBelow(path: NexusPath, above: NexusPath | undefined): boolean {
  return above !== undefined && path.startsWith(`${above}/`)
}

/** Files and links replace each other; a directory and what is none do only in a mirror. */
function wayOf({ kind, below, path }: LocalItem, there: Resolved, { options }: ImportRun): 'free' | 'to be cleared' | 'blocked' {
  if (there.obstacle?.kind === 'file' || there.followed.length > 0) {
    if (below === '') throw notADirectory(there.obstacle?.kind === 'file' ? there.obstacle.path : path)
    return 'blocked'
  }
  const found = there.directory === undefined ? there.bound?.head.kind : 'directory'
  if (found === undefined || found === kind || (kind === 'link' && found === 'file')) return 'free'
  if (below === '') throw kind === 'directory' ? notADirectory(path) : isADirectory(path)
  const isAmongFiles = kind !== 'directory' && found !== 'directory'
  return isAmongFiles || options.mirror ? 'to be cleared' : 'blocked'
}

/** What the store has in a directory, and the source has not; what is excluded stays. */
async function goneFrom(
  fs: FsContext,
  { path, below, names }: Extract<LocalItem, { kind: 'directory' }>,
  { exclusion, local }: ImportRun,
): Promise<readonly NexusPath[]> {
  const atSource = new Set(names.map(utf8Name))
  const gone: NexusPath[] = []
  for await (const page of boundPages(fs, path, { signal: local.signal })) {
    for (const { path: child, bound } of page) {
      const name = nameOf(child)
      if (atSource.has(name) || exclusion.has(below === '' ? name : `${below}/${name}`, isDirectory(bound))) continue
      gone.push(childOf(path, name))
    }
  }
  return gone
}

async function unchangedItems(fs: FsContext, items: Look['items'], run: ImportRun): Promise<ReadonlySet<LocalItem>> {
  const entries = items.filter(({ item, there }) => isSameEntry(item, there)).map(({ item }) => item)
  return new Set([...entries, ...(run.options.checksum ? [] : await unchangedFiles(fs, items, run))])
}

async function unchangedFiles(fs: FsContext, items: Look['items'], run: ImportRun): Promise<readonly LocalItem[]> {
  const same = items.flatMap(({ item, there }) => {
    const bound = there?.bound
    return item.kind === 'file' && isFile(bound) && isTouchedSince(item, bound, run) === false ? [{ item, bound }] : []
  })
  const unreliable = run.options.dryRun ? new Set() : await unreliableContents(fs, same, run)
  return same.filter(({ bound }) => !unreliable.has(bound.head.digest)).map(({ item }) => item)
}

/** A dry run takes the word of size, mode and time; an import that is to leave a file unread also knows that it is the same file. */
function isTouchedSince({ seen }: LocalItem, { head }: BoundFile, { options }: ImportRun): boolean {
  if (head.size !== Number(seen.size) || head.mode !== modeOf(seen) || !isSameTime(head, timeOfFile(seen.mtimeNs))) return true
  return !options.dryRun && (head.stamp === undefined || head.stamp !== stampOf(seen, BigInt(Date.now()) * 1_000_000n))
}

/** Content above the size that the metadata store keeps is looked at as a write of it would: who imports the file again can mend it. */
async function unreliableContents(
  fs: FsContext,
  same: readonly { readonly bound: BoundFile }[],
  { local: { signal } }: ImportRun,
): Promise<ReadonlySet<unknown>> {
  const digests = [...new Set(same.filter(({ bound }) => bound.head.size > fs.inlineBytes).map(({ bound }) => bound.head.digest))]
  if (digests.length === 0) return new Set()
  const { get } = await fs.metadata.read({ get: digests.map(contentKey) }, { signal })
  const reliable = await Promise.all(
    get.map(async (row) => {
      if (row === undefined) return false
      const { location, size, state } = decodeContentRow(row)
      return state === 'live' && (await fs.content.isReliable(location, size, signal))
    }),
  )
  return new Set(digests.filter((_, index) => reliable[index] !== true))
}

/** Why a file could not be read, as far as that shows without reading it. */
export async function whyUnreadable({ kind, location }: LocalItem): Promise<LeftOutReason | undefined> {
  if (kind !== 'file') return undefined
  return access(location, constants.R_OK).then(
    () => undefined,
    (error: unknown) => whyNot(location, error),
  )
}
