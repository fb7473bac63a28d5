import type { NexusPath } from '../core/path.ts'
import { nameOf, rootPath } from '../core/path.ts'
import type { Revision } from '../core/revision.ts'
import type { DirectoryEntry, Entry, FileEntry, VersionEntry } from './entry.ts'
import { type Bound, type BoundFile, type DirectoryHead, etagOf, type FileHead } from './head.ts'

/** What the caller sees of a binding. */
export function toEntry(path: NexusPath, bound: Bound): Entry {
  return 'etag' in bound ? toFileEntry(path, bound.head, bound.etag) : toDirectoryEntry(path, bound.head)
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
    author: head.author,
    executable: head.executable,
  }
}

/** The entry of a version that the commit with this revision wrote. */
export function writtenEntry(path: NexusPath, head: FileHead, revision: Revision): FileEntry {
  return toFileEntry(path, head, etagOf(head.id, head.revision ?? revision))
}

export function toDirectoryEntry(
  path: NexusPath,
  head: Pick<DirectoryHead, 'createdAt' | 'modifiedAt' | 'author'>,
): DirectoryEntry {
  return {
    path,
    name: nameOf(path),
    kind: 'directory',
    createdAt: new Date(head.createdAt),
    modifiedAt: new Date(head.modifiedAt),
    author: head.author,
  }
}

/** The root, which has no row of its own: as old as the store. */
export function rootEntry(foundedAt: number): DirectoryEntry {
  return toDirectoryEntry(rootPath, { createdAt: foundedAt, modifiedAt: foundedAt, author: '' })
}

export function toVersionEntry({ head, etag }: BoundFile): VersionEntry {
  return {
    version: head.version,
    etag,
    size: head.size,
    digest: head.digest,
    modifiedAt: new Date(head.modifiedAt),
    author: head.author,
    reason: head.reason,
    executable: head.executable,
  }
}
