import { constants, type Stats } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { NexusError } from '../../core/errors.ts'
import { askedToReadOnly, type ReadOnlyReason, readOnlyReasonOf } from '../../core/read-only-reason.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import type { FileCalls } from './file-calls.ts'

const { O_DIRECTORY, O_RDONLY } = constants
const operation = 'LocalBackend.open'
/** The mode bit that lets every user write. */
const othersWrite = 0o002

export interface RootOptions {
  readonly create: boolean
  readonly isDurable: boolean
  /** Change nothing. */
  readonly readOnly: boolean
}

export interface RootFolders {
  /** Absolute, without symbolic links, as are the others. */
  readonly root: string
  readonly blobs: string
  /** For bodies on their way in. */
  readonly temporary: string
}

export interface OpenedRoot extends RootFolders {
  /** The folders that were not there, each below those before it. */
  readonly made: readonly string[]
  /** Why nothing can be written; `undefined` if it can. */
  readonly readOnly: ReadOnlyReason | undefined
}

/**
 * The folders of a root, made if they are not there (mode 0700, and durable if asked). Each must be a real folder that not every
 * user may write to. Refused, it takes back what it made.
 * @throws {NexusError} NotFound if there is no storage and `create` is false; InvalidConfig for a symbolic link; PermissionDenied for a
 * folder that every user may write to; NotADirectory; and what the file system says
 */
export async function openRoot(calls: FileCalls, path: string, options: RootOptions): Promise<OpenedRoot> {
  const root = resolve(path)
  const folders = { root, blobs: join(root, 'blobs'), temporary: join(root, 'tmp') }
  const readOnly = options.readOnly ? askedToReadOnly : await whyReadOnly(folders)
  const made: string[] = []
  try {
    for (const folder of Object.values(folders)) {
      // An empty folder is easily lost on the way, in a copy or an archive.
      const isMade = options.create || folder === folders.temporary
      if (isMade && readOnly === undefined) await makeFolders(calls, folder, made)
      if (readOnly === undefined || folder !== folders.temporary) await refuseUnsafe(calls, folder)
    }
    if (options.isDurable) for (const folder of new Set(made.map(dirname))) await syncFolder(calls, folder)
    const real = await calls.realPath(root)
    return { root: real, blobs: join(real, 'blobs'), temporary: join(real, 'tmp'), made, readOnly }
  } catch (error) {
    await takeBack(calls, made)
    throw error
  }
}

/** Blobs begin in one folder and end in the other; one that is not there says nothing. */
async function whyReadOnly({ blobs, temporary }: RootFolders): Promise<ReadOnlyReason | undefined> {
  for (const folder of [blobs, temporary]) {
    const errno = await access(folder, constants.W_OK | constants.X_OK).then(() => undefined, errnoOf)
    const reason = readOnlyReasonOf(folder, errno)
    if (reason !== undefined && (await mayEnter(folder))) return reason
  }
  return undefined
}

/** A folder that may not even be entered is not a storage that can be read. */
function mayEnter(folder: string): Promise<boolean> {
  return access(folder, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Removes folders that were made for nothing, as long as nobody has put anything into them. */
export async function takeBack(calls: FileCalls, made: readonly string[]): Promise<void> {
  for (const folder of made.toReversed()) {
    const isGone = await calls.removeFolder(folder).then(
      () => true,
      () => false,
    )
    if (!isGone) return
  }
}

/** The missing folders of a path are made, the outermost first, and noted. */
async function makeFolders(calls: FileCalls, folder: string, made: string[]): Promise<void> {
  try {
    await calls.makeFolder(folder)
    made.push(folder)
    return
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EEXIST') return
    if (errno === 'ENOTDIR') throw belowAFile(folder, error)
    if (errno !== 'ENOENT' || dirname(folder) === folder) throw error
  }
  await makeFolders(calls, dirname(folder), made)
  await makeFolders(calls, folder, made)
}

async function refuseUnsafe(calls: FileCalls, folder: string): Promise<void> {
  const found = await look(calls, folder)
  if (found.isSymbolicLink()) {
    throw new NexusError('InvalidConfig', `${operation}: ${folder} is a symbolic link`, {
      advice: 'name the folder itself',
      operation,
    })
  }
  if (!found.isDirectory()) throw new NexusError('NotADirectory', `${operation}: ${folder} is not a folder`, { operation })
  if ((found.mode & othersWrite) === 0) return
  throw new NexusError('PermissionDenied', `${operation}: every user may write to ${folder}`, {
    advice: 'run chmod o-w on it',
    operation,
  })
}

async function look(calls: FileCalls, folder: string): Promise<Stats> {
  try {
    return await calls.look(folder)
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') throw belowAFile(folder, cause)
    if (errnoOf(cause) !== 'ENOENT') throw cause
    throw new NexusError('NotFound', `${operation}: there is no storage in ${folder}`, {
      advice: 'create it first',
      operation,
      cause,
    })
  }
}

function belowAFile(folder: string, cause: unknown): NexusError {
  return new NexusError('NotADirectory', `${operation}: ${folder} cannot be a folder, a file stands above it`, {
    advice: 'name another',
    operation,
    cause,
  })
}

async function syncFolder(calls: FileCalls, folder: string): Promise<void> {
  const fd = await calls.open(folder, O_RDONLY | O_DIRECTORY)
  try {
    await calls.sync(fd)
  } finally {
    await calls.close(fd)
  }
}
