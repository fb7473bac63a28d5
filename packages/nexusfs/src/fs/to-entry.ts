import { utf8 } from '../core/bytes.ts'
import type { NexusPath } from '../core/path.ts'
import { nameOf } from '../core/path.ts'
import type { Revision } from '../core/revision.ts'
import type { DirectoryEntry, Entry, FileEntry, LinkEntry, VersionEntry } from './entry.ts'
import {
  type Bound,
  type BoundFile,
  type DirectoryHead,
  etagOf,
  type FileHead,
  type Head,
  isFile,
  type LinkHead,
} from './head.ts'
import { defaultMode, isExecutable } from './mode.ts'

/** What the caller sees of a binding. */
export function toEntry(path: NexusPath, bound: Bound): Entry {
  return isFile(bound) ? toFileEntry(path, bound.head, bound.etag) : writtenEntry(path, bound.head, bound.entry.revision)
}

/** The entry of a head that is in a row of this revision. */
export function writtenEntry(path: NexusPath, head: FileHead, revision: Revision): FileEntry
export function writtenEntry(path: NexusPath, head: LinkHead, revision: Revision): LinkEntry
export function writtenEntry(path: NexusPath, head: Head, revision: Revision): Entry
export function writtenEntry(path: NexusPath, head: Head, revision: Revision): Entry {
  if (head.kind === 'directory') return toDirectoryEntry(path, head)
  const etag = etagOf(head, head.revision ?? revision)
  return head.kind === 'file' ? toFileEntry(path, head, etag) : toLinkEntry(path, head, etag)
}

export function toFileEntry(path: NexusPath, head: FileHead, etag: string): FileEntry {
  return {
    path,
    name: nameOf(path),
    kind: 'file',
    size: head.size,
    version: head.version,
    etag,
    digest: head.digest,
    createdAt: new Date(head.createdAt),
    modifiedAt: new Date(head.modifiedAt),
    changedAt: new Date(head.changedAt),
    author: head.author,
    mode: head.mode,
    executable: isExecutable(head.mode),
  }
}

function toLinkEntry(path: NexusPath, head: LinkHead, etag: string): LinkEntry {
  return {
    path,
    name: nameOf(path),
    kind: 'link',
    target: head.target,
    size: utf8(head.target).length,
    version: head.version,
    etag,
    createdAt: new Date(head.createdAt),
    modifiedAt: new Date(head.modifiedAt),
    changedAt: new Date(head.changedAt),
    author: head.author,
    mode: head.mode,
  }
}

export function toDirectoryEntry(
  path: NexusPath,
  head: Pick<DirectoryHead, 'createdAt' | 'modifiedAt' | 'changedAt' | 'author' | 'mode'>,
): DirectoryEntry {
  return {
    path,
    name: nameOf(path),
    kind: 'directory',
    createdAt: new Date(head.createdAt),
    modifiedAt: new Date(head.modifiedAt),
    changedAt: new Date(head.changedAt),
    author: head.author,
    mode: head.mode,
  }
}

/** The root, which has no row of its own, as a path names it: as old as the store. */
export function rootEntry(path: NexusPath, foundedAt: number): DirectoryEntry {
  const times = { createdAt: foundedAt, modifiedAt: foundedAt, changedAt: foundedAt }
  return toDirectoryEntry(path, { ...times, author: '', mode: defaultMode.directory })
}

export function toVersionEntry({ head, etag }: BoundFile): VersionEntry {
  return {
    version: head.version,
    etag,
    size: head.size,
    digest: head.digest,
    modifiedAt: new Date(head.modifiedAt),
    changedAt: new Date(head.changedAt),
    author: head.author,
    reason: head.reason,
    mode: head.mode,
    executable: isExecutable(head.mode),
  }
}
