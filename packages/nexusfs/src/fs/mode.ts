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
