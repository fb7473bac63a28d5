import { randomFillSync } from 'node:crypto'
import { lstatSync, rmSync, statfsSync, truncateSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { isNexusError } from '../../core/errors.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'

/** The length of the file, in bytes. */
const reserveBytes = 1_048_576

/**
 * What is given in steps, and one step, in bytes. The WAL takes the rest of the reserve, which holds some 25 removals; to move it into the
 * database takes about 24 KiB, and lets the WAL begin anew in the room that it has.
 */
const lastBytes = 262_144
const stepBytes = 32_768

/** A database shorter than this has no reserve, in bytes: it would be most of what the store takes. */
const leastDatabaseBytes = 262_144

/** So many times the reserve must be free on the disk for it to be made. */
const spareReserves = 16

/**
 * Room on the disk of a database that is kept for those who make room: a file that is removed when the disk is full, so that a store can
 * still be opened, and something be removed from it. It comes back when there is space.
 */
export class Reserve {
  readonly #file: string
  readonly #database: string
  #wasUsed = false

  constructor(database: string) {
    this.#database = database
    this.#file = `${database}-reserve`
  }

  /** At open: makes the file if it is short and space is plenty. */
  async keep(): Promise<void> {
    if (!this.#wasUsed && this.#isDue()) await this.#make()
  }

  /** At close, for who has used it: takes back what there is, such as the room of the WAL that was moved. */
  async keepAgain(): Promise<void> {
    if (!this.#wasUsed) return
    this.#wasUsed = false
    await this.#make()
  }

  /** Gives back to the disk what opening takes: the `-shm` and a little of the WAL, which any commit may use. False if there is nothing. */
  releaseToOpen(): boolean {
    return this.#shorten((size) => size - 2 * stepBytes)
  }

  /** Gives room back to the disk, at first all but the last of it, then a step at a time; false if there was none. */
  release(): boolean {
    return this.#shorten((size) => Math.min(lastBytes, size - stepBytes))
  }

  #shorten(lengthAfter: (size: number) => number): boolean {
    try {
      const length = lengthAfter(lstatSync(this.#file).size)
      if (length > 0) truncateSync(this.#file, length)
      else rmSync(this.#file)
      this.#wasUsed = true
      return true
    } catch {
      return false
    }
  }

  /**
   * Random bytes, since some file systems keep no room for zeros; fewer if the disk is full. Without the file, all is as it was. It is written
   * in place, by several processes at once if need be; what a killed one leaves is a short one.
   */
  async #make(): Promise<void> {
    const handle = await open(this.#file, 'w', 0o600).catch(() => undefined)
    await handle?.writeFile(randomFillSync(new Uint8Array(reserveBytes))).catch(() => undefined)
    await handle?.close().catch(() => undefined)
  }

  #isDue(): boolean {
    const { size } = lstatSync(this.#database, { throwIfNoEntry: false }) ?? { size: 0 }
    if (size < leastDatabaseBytes) return false
    if ((lstatSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) >= reserveBytes) return false
    const { bavail, bsize } = statfsSync(this.#database)
    return bavail * bsize >= spareReserves * reserveBytes
  }
}

/** Tries again in the room of the reserve, once, where there was no other. */
export async function withReserve<Result>(reserve: Reserve | undefined, attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt()
  } catch (error) {
    if (isNexusError(error, 'NoSpace') && reserve?.releaseToOpen() === true) return attempt()
    throw error
  }
}

/** Does again, as long as the reserve gives room, those commits of a list that found none. */
export async function inReserve(
  reserve: Reserve | undefined,
  commits: readonly Commit[],
  results: readonly CommitResult[],
  repeat: (left: readonly Commit[]) => Promise<readonly CommitResult[]>,
): Promise<readonly CommitResult[]> {
  let known = results
  while (known.some(isWithoutSpace) && reserve?.release() === true) {
    const again = [...(await repeat(commits.filter((_, index) => isWithoutSpace(known[index]))))]
    known = known.map((result) => (isWithoutSpace(result) ? (again.shift() ?? result) : result))
  }
  return known
}

function isWithoutSpace(result: CommitResult | undefined): boolean {
  return result?.status === 'failed' && result.error.code === 'NoSpace'
}
