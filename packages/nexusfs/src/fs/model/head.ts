import type { Digest } from '../../core/digest.ts'
import type { Id } from '../../core/id.ts'
import type { Revision } from '../../core/revision.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'

/** What a name is bound to: the value of a `d/` row, of an `h/` row (with `ended`), and of a `v/` row (files and links). */
export type Head = FileHead | DirectoryHead | LinkHead

interface HeadFields {
  readonly id: Id
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly modifiedAt: number
  /** What `modifiedAt` leaves out, 0 to 999,999, where an import knew it. */
  readonly modifiedNanoseconds?: number | undefined
  /** The time of the commit that wrote this, whatever `modifiedAt` was set to. */
  readonly changedAt: number
  /** The 12 bits of `chmod`. */
  readonly mode: number
  readonly author: string
  /** The revision that began this binding of the name; absent = the revision of the row. */
  readonly born?: Revision | undefined
  /** Why and when the binding ended; in `h/` rows only. */
  readonly ended?: Ended | undefined
}

interface VersionFields extends HeadFields {
  readonly version: number
  readonly reason?: string | undefined
  /** The revision that wrote this version; absent = the revision of the row. */
  readonly revision?: Revision | undefined
}

export interface FileHead extends VersionFields {
  readonly kind: 'file'
  readonly digest: Digest
  readonly size: number
  /** The content itself, where it is tiny. */
  readonly bytes?: Uint8Array | undefined
  /** Of an import: tells whether the local file that was read has been touched since; see `stampOf`. */
  readonly stamp?: string | undefined
}

export interface LinkHead extends VersionFields {
  readonly kind: 'link'
  /** As it was given: a path, absolute or from the directory of the link. */
  readonly target: string
}

export interface DirectoryHead extends HeadFields {
  readonly kind: 'directory'
}

export interface Ended {
  /**
   * `detached`: a tree was removed as it is, and its `z/` row says so as long as it has not come back. `changed`: the same directory is
   * still bound, with another mode or time.
   */
  readonly why: 'removed' | 'detached' | 'moved' | 'replaced' | 'restored' | 'changed'
  /** The revision of the `d/` row that ended. */
  readonly revision: Revision
}

/** A head with what follows from its row. */
export type Bound = BoundFile | BoundDirectory | BoundLink

export interface BoundFile {
  readonly head: FileHead
  readonly entry: MetadataEntry
  readonly etag: string
}

export interface BoundLink {
  readonly head: LinkHead
  readonly entry: MetadataEntry
  readonly etag: string
}

export interface BoundDirectory {
  readonly head: DirectoryHead
  readonly entry: MetadataEntry
}

export function isFile(bound: Bound | undefined): bound is BoundFile {
  return bound?.head.kind === 'file'
}

export function isDirectory(bound: Bound | undefined): bound is BoundDirectory {
  return bound?.head.kind === 'directory'
}

export function isLink(bound: Bound | undefined): bound is BoundLink {
  return bound?.head.kind === 'link'
}

/** The revision that wrote the version in this row. */
export function versionRevision({ head, entry }: BoundFile | BoundLink): Revision {
  return head.revision ?? entry.revision
}

/** The revision that began the binding in this row. */
export function bornRevision({ head, entry }: Bound): Revision {
  return head.born ?? entry.revision
}

/** Opaque; unique for each version of each file and link: one commit may write several of the same file. */
export function etagOf({ id, version }: FileHead | LinkHead, revision: Revision): string {
  return `${id}-${revision.toString(36)}-${version.toString(36)}`
}

/** Logical bytes: those of a file. */
export function sizeOf(head: Head): number {
  return head.kind === 'file' ? head.size : 0
}

/** From 1; 0 for a directory, which has no versions. */
export function versionOf(head: Head): number {
  return head.kind === 'directory' ? 0 : head.version
}

/** What a new entry gets where no mode is given. A mode is the 12 bits of `chmod`: kept, never enforced. */
export const defaultMode: Readonly<Record<Head['kind'], number>> = { file: 0o644, directory: 0o755, link: 0o777 }

const executeBits = 0o111
const allBits = 0o7777

export function isMode(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= allBits
}

/** True if anybody may execute it. */
export function isExecutable(mode: number): boolean {
  return (mode & executeBits) !== 0
}

/** `true` gives the right to execute to all who may read, unless somebody has it already; `false` takes it from all. */
export function withExecutable(mode: number, executable: boolean | undefined): number {
  if (executable === undefined || executable === isExecutable(mode)) return mode
  return executable ? mode | ((mode >> 2) & executeBits || executeBits) : mode & ~executeBits
}

/** What a Date can hold, in milliseconds since 1970 on both sides. */
const latestTime = 8.64e15

export function isTime(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(Number(value)) <= latestTime
}

/** The nearest time that a Date can hold. */
function nearestTime(milliseconds: number): number {
  return Math.min(latestTime, Math.max(-latestTime, milliseconds))
}

/** A time that a file or directory is given: milliseconds since 1970, and what they leave out, 0 to 999,999. */
export interface ModifiedTime {
  readonly modifiedAt: number
  readonly modifiedNanoseconds?: number | undefined
}

const nanosecondsPerMillisecond = 1_000_000n

/** The modification time of a local file; before 1970 too, the rest is not negative. */
export function timeOfFile(mtimeNs: bigint): ModifiedTime {
  const rest = ((mtimeNs % nanosecondsPerMillisecond) + nanosecondsPerMillisecond) % nanosecondsPerMillisecond
  const modifiedAt = nearestTime(Number((mtimeNs - rest) / nanosecondsPerMillisecond))
  return { modifiedAt, modifiedNanoseconds: Number(rest) || undefined }
}

/**
 * The time of a new version that was given none: that of the commit, but always a millisecond or more behind the version before, so
 * that no two versions of a file have the same; not even if clocks differ, or are set back.
 */
export function nextModified(time: number, before: number | undefined): number {
  return before === undefined || time > before ? time : nearestTime(before + 1)
}

/** To the microsecond, which is as exactly as an export can set a time. */
export function isSameTime(one: ModifiedTime, other: ModifiedTime): boolean {
  const microseconds = (nanoseconds = 0): number => Math.floor(nanoseconds / 1000)
  const isSameMillisecond = one.modifiedAt === other.modifiedAt
  return isSameMillisecond && microseconds(one.modifiedNanoseconds) === microseconds(other.modifiedNanoseconds)
}
