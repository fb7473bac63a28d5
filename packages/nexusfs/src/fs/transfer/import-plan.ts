import type { BigIntStats } from 'node:fs'
import type { IncomingContent } from '../../content/incoming-content.ts'
import type { FsContext } from '../commit/context.ts'
import type { FileWrites, FileWritesOptions } from '../commit/file-writes.ts'
import { isSameTime, timeOfFile } from '../model/attributes.ts'
import { isDirectory, isFile, isLink } from '../model/head.ts'
import { changeDirectory } from '../operations/set-attributes.ts'
import { bindLink } from '../operations/symlinks.ts'
import { isADirectory, notADirectory } from '../resolve/expect-path.ts'
import type { Resolved } from '../resolve/resolver.ts'
import type { LocalItem } from './local-survey.ts'

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
    writes.directories.make(there.path, writes.place(there), { mode, ...modified })
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
  bindLink(fs, { plan, directories, place: writes.place(there) }, there, link, by)
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
export function isSameEntry(item: LocalItem, there: Resolved | undefined): boolean {
  const { bound, directory } = there ?? {}
  if (item.kind === 'link')
    return isLink(bound) && bound.head.target === item.target && isSameTime(bound.head, timeOfFile(item.seen.mtimeNs))
  if (item.kind === 'file' || directory === undefined) return false
  if (!isDirectory(bound)) return true
  return bound.head.mode === modeOf(item.seen) && isSameTime(bound.head, timeOfFile(item.seen.mtimeNs))
}

/** The 12 bits of `chmod`. */
export function modeOf({ mode }: BigIntStats): number {
  return Number(mode & 0o7777n)
}
