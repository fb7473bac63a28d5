import { utf8 } from '../../core/bytes.ts'
import type { Digest } from '../../core/digest.ts'
import { type NexusPath, nameOf } from '../../core/path.ts'
import type { Revision } from '../../core/revision.ts'
import {
  type Bound,
  type BoundFile,
  type DirectoryHead,
  defaultMode,
  etagOf,
  type FileHead,
  type Head,
  isExecutable,
  isFile,
  type LinkHead,
} from './head.ts'

/** What stands at a path: a file in its current (or asked-for) version, a directory, or a symbolic link. */
export type Entry = FileEntry | DirectoryEntry | LinkEntry

/** What every entry has. */
export interface EntryFields {
  /** As it was asked for, in its normal form; links on the way are not replaced. */
  readonly path: NexusPath
  /** The last segment; empty for the root. */
  readonly name: string
  /** When the first version was written, or the directory made. */
  readonly createdAt: Date
  /**
   * When this version was written, or the time that it was given. A version that is given none has a later one, by whole milliseconds,
   * than the version before.
   */
  readonly modifiedAt: Date
  /** When this version, or this mode or time of a directory, was committed; nobody can set it. */
  readonly changedAt: Date
  /** Who wrote this version or made the directory. */
  readonly author: string
  /** The 12 bits of `chmod`. They are kept, and not enforced. */
  readonly mode: number
}

/** A file in one version. */
export interface FileEntry extends EntryFields {
  readonly kind: 'file'
  /** In bytes. */
  readonly size: number
  /** 1, 2, 3 ... for each file. */
  readonly version: number
  /** Opaque; unique to this version of this file, never reused. Not the digest. */
  readonly etag: string
  readonly digest: Digest
  /** True if the mode lets anybody execute it. */
  readonly executable: boolean
}

/** A directory. It says nothing of what is in it, and does not change when that does. */
export interface DirectoryEntry extends EntryFields {
  readonly kind: 'directory'
}

/** A symbolic link itself; calls that follow links never give one. */
export interface LinkEntry extends EntryFields {
  readonly kind: 'link'
  /** As it was given. It need not lead anywhere. */
  readonly target: string
  /** Bytes of the target. */
  readonly size: number
  /** 1, 2, 3 ... for each link: it can be given another target. */
  readonly version: number
  /** As that of a file. */
  readonly etag: string
}

/** One version of a file's history. */
export interface VersionEntry {
  readonly version: number
  readonly etag: string
  readonly size: number
  readonly digest: Digest
  readonly modifiedAt: Date
  readonly changedAt: Date
  readonly author: string
  readonly reason: string | undefined
  readonly mode: number
  readonly executable: boolean
}

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
export function rootEntry(path: NexusPath, createdAt: number): DirectoryEntry {
  const times = { createdAt: createdAt, modifiedAt: createdAt, changedAt: createdAt }
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
