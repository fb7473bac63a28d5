import type { BigIntStats } from 'node:fs'
import { type FileHandle, lstat, lutimes, mkdir, open, readlink, rm, symlink } from 'node:fs/promises'
import { isNexusError, NexusError } from '../../core/errors.ts'
import { type DirectoryHead, type FileHead, type Head, isSameTime, type LinkHead, timeOfFile } from '../model/head.ts'
import { localError } from './local-error.ts'

/** Where one entry goes. */
export interface ExportedEntry {
  /** A path that leads through no link. */
  readonly path: string
  /** For messages. */
  readonly location: string
  /** What stands there was left by an export that was not finished: what is the same is kept, anything else is replaced. */
  readonly mayReplace: boolean
}

/** The right to become the owner of a file or its group is not given: who exports may be another user. */
const modeBits: Readonly<Record<'file' | 'directory', number>> = { file: 0o1777, directory: 0o7777 }

/** True if the file is there already, with the size, mode and time that it is to have. */
export async function isExported({ path, location, mayReplace }: ExportedEntry, head: FileHead): Promise<boolean> {
  if (!mayReplace) return false
  const seen = await look(path, location)
  return seen?.isFile() === true && Number(seen.size) === head.size && hasAttributes(seen, head)
}

/**
 * Writes a file that nobody else may read before it is whole; one that cannot be written whole is not left in part. Each piece of its content is
 * written as it comes; if there is no first one, nothing is touched.
 * @throws {NexusError} what the content throws, and what the local file system says
 */
export async function exportFile(
  entry: ExportedEntry,
  head: FileHead,
  content: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<void> {
  const first = await content.next()
  try {
    await writeOut(entry, head, first.done ? [] : [first.value], content)
  } finally {
    await content.return()
  }
}

async function writeOut(
  entry: ExportedEntry,
  head: FileHead,
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await create(entry)
  try {
    for (const piece of first) await file.writeFile(piece)
    for await (const piece of rest) await file.writeFile(piece)
    await file.chmod(head.mode & modeBits.file)
    const seconds = secondsOf(head)
    await file.utimes(seconds, seconds)
  } catch (error) {
    await rm(entry.path, { force: true })
    localError('export', entry.location)(error)
  } finally {
    await file.close()
  }
}

async function create(entry: ExportedEntry): Promise<FileHandle> {
  const attempt = (): Promise<FileHandle> => open(entry.path, 'wx', 0o600).catch(localError('export', entry.location))
  return attempt().catch((error: unknown) => clearWay(entry, error).then(attempt))
}

/** Gives false if the link is there already. */
export async function exportLink(entry: ExportedEntry, head: LinkHead): Promise<boolean> {
  const { path, location, mayReplace } = entry
  if (mayReplace && (await readlink(path).catch(() => undefined)) === head.target) return false
  const attempt = (): Promise<void> => symlink(head.target, path).catch(localError('export', location))
  await attempt().catch((error: unknown) => clearWay(entry, error).then(attempt))
  const seconds = secondsOf(head)
  await lutimes(path, seconds, seconds).catch(localError('export', location))
  return true
}

/** Makes a folder that only its owner may enter until it is finished, or finds one; what it is. */
export async function exportDirectory(entry: ExportedEntry): Promise<BigIntStats> {
  const { path, location } = entry
  const attempt = async (): Promise<BigIntStats> => {
    await mkdir(path, 0o700).catch(localError('export', location))
    return lstat(path, { bigint: true }).catch(localError('export', location))
  }
  const found = entry.mayReplace ? await look(path, location) : undefined
  if (found?.isDirectory() !== true) return attempt().catch((error: unknown) => clearWay(entry, error).then(attempt))
  return found
}

/** What stands in the way of an unfinished export goes; a folder only if it is empty. */
async function clearWay({ path, location, mayReplace }: ExportedEntry, error: unknown): Promise<void> {
  if (!mayReplace || !isNexusError(error, 'AlreadyExists')) throw error
  const seen = await look(path, location)
  if (seen?.isDirectory())
    throw new NexusError('IsADirectory', `export: ${location} is a folder`, { advice: 'remove it', cause: error })
  await rm(path, { force: true }).catch(localError('export', location))
}

async function look(path: string, location: string): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    return localError('export', location)(error)
  })
}

function hasAttributes(seen: BigIntStats, head: FileHead): boolean {
  return Number(seen.mode & 0o7777n) === (head.mode & modeBits.file) && isSameTime(timeOfFile(seen.mtimeNs), head)
}

/** When nothing in a folder changes any more. */
export async function finishDirectory(folder: FileHandle, head: DirectoryHead): Promise<void> {
  await folder.chmod(head.mode & modeBits.directory)
  const seconds = secondsOf(head)
  await folder.utimes(seconds, seconds)
}

/** As text, since Node takes a negative number for the time of day. */
function secondsOf({ modifiedAt, modifiedNanoseconds = 0 }: Head): string {
  return String(secondsForUtimes(modifiedAt, modifiedNanoseconds))
}

/**
 * A file time as the seconds that `utimes` takes, exact to the microsecond: doubles are about 238 ns apart nowadays. They are cut to
 * whole nanoseconds, so the nearest double may fall into the microsecond beside; then a neighbour is taken.
 *
 * @param milliseconds since 1970, whole
 * @param nanoseconds what they leave out, 0 to 999,999
 */
export function secondsForUtimes(milliseconds: number, nanoseconds: number): number {
  const microseconds = milliseconds * 1000 + Math.floor(nanoseconds / 1000)
  const nearest = microseconds / 1e6
  const step = 2 ** (Math.floor(Math.log2(Math.max(1, Math.abs(nearest)))) - 52)
  const near = [nearest, nearest + step, nearest - step, nearest + 2 * step, nearest - 2 * step]
  return near.find((seconds) => microsecondsSet(seconds) === microseconds) ?? nearest
}

/** The microsecond in which `utimes` sets a file: it cuts seconds towards zero to whole nanoseconds. */
function microsecondsSet(seconds: number): number {
  const whole = Math.trunc(seconds)
  return whole * 1e6 + Math.floor(Math.trunc((seconds - whole) * 1e9) / 1000)
}
