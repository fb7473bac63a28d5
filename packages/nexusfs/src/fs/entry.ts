import type { Digest } from '../core/digest.ts'
import type { NexusPath } from '../core/path.ts'

/** What stands at a path: a file in its current (or asked-for) version, or a directory. */
export type Entry = FileEntry | DirectoryEntry

interface EntryFields {
  readonly path: NexusPath
  /** The last segment; empty for the root. */
  readonly name: string
  /** When the first version was written, or the directory made. */
  readonly createdAt: Date
  /** When this version was written, or the time that an import gave it. */
  readonly modifiedAt: Date
  /** Who wrote this version or made the directory. */
  readonly author: string
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
  readonly executable: boolean
}

/** A directory. It says nothing of what is in it, and does not change when that does. */
export interface DirectoryEntry extends EntryFields {
  readonly kind: 'directory'
}

/** One version of a file's history. */
export interface VersionEntry {
  readonly version: number
  readonly etag: string
  readonly size: number
  readonly digest: Digest
  readonly modifiedAt: Date
  readonly author: string
  readonly reason: string | undefined
  readonly executable: boolean
}
