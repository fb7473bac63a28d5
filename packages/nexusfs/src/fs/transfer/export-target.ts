import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isNexusError, NexusError } from '../../core/errors.ts'
import type { Id } from '../../core/id.ts'
import type { NexusPath } from '../../core/path.ts'
import { localError } from './local-error.ts'

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

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants

/** A folder that an export writes into. */
export interface LocalFolder {
  readonly parent: LocalFolder | undefined
  /** For messages; it may be longer than the system takes. */
  readonly location: string
  /** What it was when it was made or found. */
  readonly seen: Pick<BigIntStats, 'dev' | 'ino'>
}

/** Open at the same time, besides those in use. */
const capacity = 16

interface Opened {
  readonly handle: Promise<FileHandle>
  uses: number
}

/**
 * Gives paths into folders that lead nowhere else: each folder is opened below its parent, never through a link, and is what it was when
 * it was made. Such a path is short, however deep the folder lies. Where the system has no `/proc`, it is the folder's own path, and a link
 * that somebody puts in its place afterwards is not noticed.
 */
export class LocalFolders implements AsyncDisposable {
  /** The one used last stands last. */
  readonly #opened = new Map<LocalFolder, Opened>()

  /** Runs work that gets the paths of names in a folder; they are valid until it ends. */
  async within<T>(folder: LocalFolder, work: (pathOf: (name: string) => string, handle: FileHandle) => Promise<T>): Promise<T> {
    const opened = this.#take(folder)
    try {
      const handle = await opened.handle
      const path = await pathOfHandle(handle, folder.location)
      return await work((name) => `${path}/${name}`, handle)
    } finally {
      opened.uses--
      await this.#closeSome()
    }
  }

  #take(folder: LocalFolder): Opened {
    const opened = this.#opened.get(folder) ?? { handle: this.#open(folder), uses: 0 }
    opened.uses++
    this.#opened.delete(folder)
    this.#opened.set(folder, opened)
    opened.handle.catch(() => this.#opened.delete(folder))
    return opened
  }

  async #open(folder: LocalFolder): Promise<FileHandle> {
    const { parent, location, seen } = folder
    const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    const opening =
      parent === undefined ? open(location, flags) : this.within(parent, (pathOf) => open(pathOf(basename(location)), flags))
    const handle = await opening.catch(localError('export', location))
    const now = await handle.stat({ bigint: true })
    if (now.dev === seen.dev && now.ino === seen.ino) return handle
    await handle.close()
    return localError('export', location)(Object.assign(new Error('another folder has taken its place'), { code: 'ESTALE' }))
  }

  async #closeSome(): Promise<void> {
    for (const [folder, { handle, uses }] of this.#opened) {
      if (this.#opened.size <= capacity) return
      if (uses > 0) continue
      this.#opened.delete(folder)
      await (await handle).close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handles = await Promise.allSettled([...this.#opened.values()].map(({ handle }) => handle))
    this.#opened.clear()
    for (const opened of handles) if (opened.status === 'fulfilled') await opened.value.close()
  }
}

let hasProc: boolean | undefined

async function pathOfHandle({ fd }: FileHandle, location: string): Promise<string> {
  hasProc ??= await lstat(`/proc/self/fd/${fd}`).then(
    () => true,
    () => false,
  )
  return hasProc ? `/proc/self/fd/${fd}` : location
}
