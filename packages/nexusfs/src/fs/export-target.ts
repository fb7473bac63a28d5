import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isNexusError, NexusError } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import type { NexusPath } from '../core/path.ts'
import { localError } from './local-error.ts'
import type { LocalFolder } from './local-folders.ts'

/** The folder that an export fills. */
export interface ExportTarget {
  readonly folder: LocalFolder
  /** An export of the same was begun in it, and not finished. */
  readonly isBegun: boolean
  /** Takes the mark away: the export is complete. */
  finish(): Promise<void>
}

/** Name of the file that stands in the folder as long as the export is not complete. */
const markName = (store: Id): string => `.nexus-export-${store}`

/**
 * Makes the folder, or takes one that is empty or holds an unfinished export of the same directory.
 * @throws {NexusError} AlreadyExists for any other
 */
export async function prepareTarget(target: string, store: Id, source: NexusPath): Promise<ExportTarget> {
  const isNew = await makeFolder(target)
  const location = await realpath(target).catch(localError('export', target))
  const seen = await stat(location, { bigint: true }).catch(localError('export', location))
  const mark = join(location, markName(store))
  const isBegun = !isNew && (await isMarked(location, mark, source))
  if (!isBegun) await writeMark(mark, source)
  const finish = (): Promise<void> => rm(mark, { force: true }).catch(localError('export', mark))
  return { folder: { parent: undefined, location, seen }, isBegun, finish }
}

/** Gives false if it is there already. */
async function makeFolder(target: string): Promise<boolean> {
  try {
    await mkdir(target).catch(localError('export', target))
    return true
  } catch (error) {
    if (isNexusError(error, 'AlreadyExists')) return false
    throw error
  }
}

async function isMarked(location: string, mark: string, source: NexusPath): Promise<boolean> {
  const names = await readdir(location).catch(localError('export', location))
  if (names.length === 0) return false
  if ((await readMark(mark)) === source) return true
  const advice = 'export into a new or an empty directory'
  throw new NexusError('AlreadyExists', `export: ${location} is not empty, and no export of ${source} was begun in it`, {
    advice,
  })
}

async function readMark(mark: string): Promise<string | undefined> {
  const seen = await lstat(mark).catch(() => undefined)
  if (!seen?.isFile() || seen.size > 65_536) return undefined
  const file = await open(mark, constants.O_RDONLY | constants.O_NOFOLLOW).catch(localError('export', mark))
  try {
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function writeMark(mark: string, source: NexusPath): Promise<void> {
  const file = await open(mark, 'wx', 0o600).catch(localError('export', mark))
  try {
    await file.writeFile(source)
  } catch (error) {
    localError('export', mark)(error)
  } finally {
    await file.close()
  }
}
