import { type BigIntStats, close, constants, fstat, lstat, lstatSync, open, read } from 'node:fs'
import { opendir, readlink, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import type { LeftOutReason } from '../model/left-out.ts'
import { localError } from './local-error.ts'
import type { StoreFiles } from './store-files.ts'

/** Descriptors as numbers, which nothing closes but us. */
const calls = { open: promisify(open), fstat, read: promisify(read), close: promisify(close) }
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants

/** What Node reads at once; files are taken in whole. */
export const largestFileBytes: number = 2 ** 31 - 1
/** How often a file is read that changes meanwhile, and the pauses before it is read again, in milliseconds. */
const pauses = [0, 20, 200]

/** A whole file as it was at one moment, or why it cannot be had. */
export type LocalContent =
  | {
      readonly kind: 'content'
      readonly bytes: Uint8Array<ArrayBuffer>
      readonly seen: BigIntStats
      readonly stamp: string | undefined
    }
  | { readonly kind: 'left out'; readonly why: LeftOutReason }

export interface LocalCall {
  readonly signal?: AbortSignal | undefined
  readonly storeFiles: StoreFiles
}

/**
 * Reads a file that a survey has found, if it is still what stands there: never through a link, also none above it; never from a pipe; and
 * again if it changes while it is read.
 * @param location its real path
 * @throws {NexusError} Aborted; Unavailable if no more files can be opened
 */
export async function readLocal(location: string, call: LocalCall): Promise<LocalContent> {
  for (const pause of pauses) {
    if (pause > 0) await sleep(pause)
    throwIfAborted(call.signal, 'import')
    const attempt = await readOnce(location, call)
    if (attempt.kind === 'content' || attempt.why !== 'changing') return attempt
  }
  return { kind: 'left out', why: 'changing' }
}

async function readOnce(location: string, call: LocalCall): Promise<LocalContent> {
  const opened = await openLocal(location, 0, call)
  if (typeof opened !== 'object') return { kind: 'left out', why: opened }
  const { descriptor, seen } = opened
  const stamp = stampOf(seen, BigInt(Date.now()) * 1_000_000n)
  try {
    if (!seen.isFile()) return { kind: 'left out', why: seen.isDirectory() ? 'changing' : 'special' }
    if (seen.size > largestFileBytes) return { kind: 'left out', why: 'too large' }
    const bytes = await readWhole(descriptor, Number(seen.size), call.signal)
    const after = await statOf(descriptor)
    if (bytes === undefined || !isSameState(seen, after)) return { kind: 'left out', why: 'changing' }
    return { kind: 'content', bytes, seen, stamp }
  } catch (error) {
    return { kind: 'left out', why: whyNot(location, error) }
  } finally {
    await calls.close(descriptor)
  }
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
    await calls.close(opened.descriptor)
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
async function openLocal(
  location: string,
  flags: number,
  { storeFiles }: LocalCall,
): Promise<{ readonly descriptor: number; readonly seen: BigIntStats } | LeftOutReason> {
  let descriptor: number
  try {
    descriptor = await calls.open(location, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags)
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
    if (!isKept) await calls.close(descriptor)
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

function statOf(descriptor: number): Promise<BigIntStats> {
  return new Promise((resolve, reject) => {
    calls.fstat(descriptor, { bigint: true }, (error, seen) => (error === null ? resolve(seen) : reject(error)))
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

/** `undefined` if it does not have so many bytes any more. */
async function readWhole(
  descriptor: number,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  // Room for one byte more shows whether the file ends there.
  const buffer = Buffer.allocUnsafeSlow(size + 1)
  let filled = 0
  for (let isAtEnd = false; !isAtEnd; ) {
    throwIfAborted(signal, 'import')
    const asked = Math.min(buffer.length - filled, pieceBytes)
    const { bytesRead } = await calls.read(descriptor, buffer, filled, asked, filled)
    filled += bytesRead
    isAtEnd = bytesRead < asked || filled > size
  }
  return filled === size ? new Uint8Array(buffer.buffer, 0, size) : undefined
}

/** What is read at once: a cancelled call ends between two pieces. */
const pieceBytes = 8 * 1024 * 1024

function isSameState(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs
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
