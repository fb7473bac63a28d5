import { type BigIntStats, close, constants, fstat, lstat, lstatSync, open, read } from 'node:fs'
import { opendir, readlink, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { NexusError } from '../../core/errors.ts'
import type { LeftOutReason } from '../model/left-out.ts'
import { localError } from './local-error.ts'
import type { StoreFiles } from './store-files.ts'

/** Descriptors as numbers, which nothing closes but us. */
const openFile = promisify(open)
export const readDescriptor: typeof read.__promisify__ = promisify(read)
export const closeDescriptor: typeof close.__promisify__ = promisify(close)
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants

export interface LocalCall {
  readonly signal?: AbortSignal | undefined
  readonly storeFiles: StoreFiles
}

/** What a directory is, and the names in it, one character a byte, in byte order. */
export interface LocalDirectory {
  readonly seen: BigIntStats
  readonly names: readonly string[]
}

/** Lists a directory: never one behind a link, also none above it. Gives the reason if it cannot be listed. */
export async function listLocal(location: string, call: LocalCall): Promise<LocalDirectory | LeftOutReason> {
  const opened = await openLocal(location, O_DIRECTORY, call)
  if (typeof opened !== 'object') return opened
  try {
    return { seen: opened.seen, names: await namesIn(opened.descriptor, location) }
  } catch (error) {
    return whyNot(location, error)
  } finally {
    await closeDescriptor(opened.descriptor)
  }
}

async function namesIn(descriptor: number, location: string): Promise<readonly string[]> {
  const options = { encoding: 'latin1', bufferSize: 256 } as const
  const directory = await opendir(`/proc/self/fd/${descriptor}`, options).catch(() => opendir(location, options))
  const names: string[] = []
  for await (const { name } of directory) names.push(name)
  return names.sort()
}

/** The target of a link that was looked at before, one character a byte. */
export async function readLocalLink(
  location: string,
  before: BigIntStats,
): Promise<{ readonly binaryTarget: string } | LeftOutReason> {
  try {
    const binaryTarget = await readlink(location, 'latin1')
    const after = await lookLocal(location)
    const isThere =
      after.ino === before.ino && after.dev === before.dev && (await realpath(dirname(location))) === dirname(location)
    return isThere ? { binaryTarget } : 'changing'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EINVAL' ? 'changing' : whyNot(location, error)
  }
}

/** How finely the times of a file system tell two changes apart, in nanoseconds: some know whole seconds only, or even ones. */
const tick = 50_000_000n
const wholeSecondsTick = 2_000_000_000n

/**
 * Changes whenever the local file is changed or replaced by another one, also by one of the same size and time: made of its inode and
 * the time of its last change. `undefined` for a file that has just changed: a further change might not show in its times.
 * @param now nanoseconds since 1970, when it had not been read yet
 */
export function stampOf({ ino, ctimeNs }: BigIntStats, now: bigint): string | undefined {
  const isWholeSecond = ctimeNs % 1_000_000_000n === 0n
  if (now - ctimeNs < (isWholeSecond ? wholeSecondsTick : tick)) return undefined
  return BigInt.asUintN(64, ino * 0x9e37_79b9_7f4a_7c15n + ctimeNs * 0xc2b2_ae3d_27d4_eb4fn).toString(36)
}

/**
 * Opens what stands at a real path. What turns out to belong to a store stays open for good: closing it would drop the locks that SQLite
 * holds on it.
 */
export async function openLocal(
  location: string,
  flags: number,
  { storeFiles }: LocalCall,
): Promise<{ readonly descriptor: number; readonly seen: BigIntStats } | LeftOutReason> {
  let descriptor: number
  try {
    descriptor = await openFile(location, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags)
  } catch (error) {
    return whyNot(location, error)
  }
  let isKept = false
  try {
    const seen = await statOf(descriptor)
    isKept = storeFiles.has(seen)
    if (isKept) return 'store'
    if ((await realPathOf(descriptor, location)) !== location) return 'changing'
    isKept = true
    return { descriptor, seen }
  } catch (error) {
    return whyNot(location, error)
  } finally {
    if (!isKept) await closeDescriptor(descriptor)
  }
}

/** What stands at a path, links not followed. By callback, which costs much less than a promise of `fs`. */
export function lookLocal(location: string): Promise<BigIntStats> {
  return new Promise((resolve, reject) => {
    lstat(location, { bigint: true }, (error, seen) => (error === null ? resolve(seen) : reject(error)))
  })
}

/** How long the event loop may be held up by looking at once, in milliseconds. */
const lookedAtOnceMs = 2

/**
 * What stands at each path, or why that cannot be told. Where the system has the answers at hand, looking takes a few microseconds, and
 * handing it to another thread many more: so the first are looked at here, and the rest elsewhere if that took long.
 */
export function lookAtAll(locations: readonly string[]): Promise<readonly PromiseSettledResult<BigIntStats>[]> {
  const started = performance.now()
  return Promise.allSettled(
    locations.map((location) => (performance.now() - started < lookedAtOnceMs ? lookNow(location) : lookLocal(location))),
  )
}

async function lookNow(location: string): Promise<BigIntStats> {
  return lstatSync(location, { bigint: true })
}

export function statOf(descriptor: number): Promise<BigIntStats> {
  return new Promise((resolve, reject) => {
    fstat(descriptor, { bigint: true }, (error, seen) => (error === null ? resolve(seen) : reject(error)))
  })
}

/** Where an open file is, as the kernel says; where that is not to be had, where the path leads now. */
async function realPathOf(descriptor: number, location: string): Promise<string> {
  try {
    return await readlink(`/proc/self/fd/${descriptor}`)
  } catch {
    return realpath(location)
  }
}

const whyOfErrno: Readonly<Record<string, LeftOutReason>> = {
  ENOENT: 'vanished',
  ENOTDIR: 'vanished',
  EACCES: 'unreadable',
  EPERM: 'unreadable',
  ELOOP: 'changing',
  ENXIO: 'special',
  ENODEV: 'special',
  ENAMETOOLONG: 'name',
  EIO: 'failed',
  ESTALE: 'vanished',
}

/**
 * @throws {NexusError} for what is not a matter of this one file
 */
export function whyNot(location: string, error: unknown): LeftOutReason {
  if (error instanceof NexusError) throw error
  const errno = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = whyOfErrno[errno]
  return why ?? localError('import', location)(error)
}
