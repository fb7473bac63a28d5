import type { Digest } from '../core/digest.ts'
import type { NexusPath } from '../core/path.ts'

/** What stands at a path: a file in its current (or asked-for) version, a directory, or a symbolic link. */
export type Entry = FileEntry | DirectoryEntry | LinkEntry

interface EntryFields {
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
