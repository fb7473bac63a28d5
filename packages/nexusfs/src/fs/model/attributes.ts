import type { Head } from './head.ts'

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
