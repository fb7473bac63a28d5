import { randomUUID } from 'node:crypto'
import { accessSync, closeSync, constants, fsyncSync, linkSync, lstatSync, openSync, rmSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type ErrorCode, NexusError } from '../../core/errors.ts'
import { askedToReadOnly, type ReadOnlyReason, readOnlyReasonOf } from '../../core/read-only-reason.ts'
import { errnoOf, errnoTable, translator } from '../../engine-kit/error-table.ts'

export interface DatabaseFileOptions {
  /** Make the file if it is not there. */
  readonly create: boolean
  /** Make sure that the file's name survives a power loss. */
  readonly isDurable: boolean
  /** Ask for the right to read only, and change nothing. */
  readonly readOnly: boolean
}

export interface PreparedFile {
  /** The absolute path. */
  readonly file: string
  /** Why it can only be read; `undefined` if it can be written. */
  readonly readOnly: ReadOnlyReason | undefined
}

const operation = 'sqlite.open'

/**
 * Makes sure that a database file of that name is there, private to its user (mode 0600), and can be read and written,
 * or at least read.
 *
 * An existing file is never opened here: closing it would drop the locks that other connections of this process hold on it.
 * @throws {NexusError} NotFound, PermissionDenied, ReadOnly (no file, and none can be made), InvalidConfig if it is a symbolic link or no file, Unsupported on a network
 * file system
 */
export function prepareDatabaseFile(path: string, options: DatabaseFileOptions): PreparedFile {
  if (path === '' || path.includes('\0') || path.startsWith(':')) {
    throw failure('InvalidArgument', path, 'is not a file name', 'name a file, such as ./data/meta.db')
  }
  const file = resolve(path)
  const isDurable = options.isDurable && !options.readOnly
  try {
    if (!isThere(file)) {
      if (!options.create || options.readOnly)
        throw failure('NotFound', file, 'is not there', 'open it with create, or name another')
      refuseNetwork(file, statfsSync(dirname(file)).type)
      createFile(file)
    }
    checkFile(file)
    refuseNetwork(file, statfsSync(file).type)
    const readOnly = options.readOnly ? askedToReadOnly : whyReadOnly(file)
    // Also where the file was there: one of class `os` may have made it.
    if (isDurable && readOnly === undefined) syncFolder(dirname(file))
    return { file, readOnly }
  } catch (error) {
    throw translate(error, { operation, subject: file, context: { path: file } })
  }
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

/** A link is refused, since anyone who can make one here could make us open any file as a database. */
function checkFile(file: string): void {
  const found = lstatSync(file)
  if (found.isSymbolicLink()) throw failure('InvalidConfig', file, 'is a symbolic link', 'name the file itself')
  if (!found.isFile()) throw failure('InvalidConfig', file, 'is not a file', 'name one that is')
  accessSync(file, constants.R_OK)
  accessSync(dirname(file), constants.R_OK | constants.X_OK)
}

/** SQLite writes the file, and makes others beside it. */
function whyReadOnly(file: string): ReadOnlyReason | undefined {
  for (const path of [file, dirname(file)]) {
    try {
      accessSync(path, constants.W_OK)
    } catch (error) {
      const reason = readOnlyReasonOf(path, errnoOf(error))
      if (reason === undefined) throw error
      return reason
    }
  }
  return undefined
}

/** Made under another name and linked, so that no descriptor of ours is ever open on a file that others already use. */
function createFile(file: string): void {
  const temporary = `${file}.${randomUUID()}.tmp`
  closeSync(openSync(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600))
  try {
    linkSync(temporary, file)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Types of `statfs` (linux/magic.h) whose files other machines may have open: they would not see this one's shared memory. */
const networkTypes: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  1397113167: 'AFS',
  12805120: 'Ceph',
  198183888: 'Lustre',
  1196443219: 'GPFS',
}

/**
 * @param type of the file system, as `statfs` tells it
 * @throws {NexusError} Unsupported
 */
export function refuseNetwork(file: string, type: number): void {
  const name = networkTypes[type >>> 0]
  if (name === undefined) return
  throw failure(
    'Unsupported',
    file,
    `is on a network file system (${name}), where SQLite cannot share it`,
    'put it on a local disk, or use PostgreSQL or Redis',
  )
}

const noRight = {
  code: 'PermissionDenied',
  summary: 'it is refused',
  advice: 'give this user the right to read the file and its folder',
} as const

const translate = translator({
  ...errnoTable,
  ENOENT: { code: 'NotFound', summary: 'it cannot be made: its folder is not there', advice: 'make the folder first' },
  ENOTDIR: { code: 'NotFound', summary: 'it cannot be made: its folder is not a folder', advice: 'name another' },
  EACCES: noRight,
  EPERM: noRight,
  EROFS: { code: 'ReadOnly', summary: 'it is on a medium that takes no writes', advice: 'name a file elsewhere' },
})

function failure(code: ErrorCode, path: string, what: string, advice: string, cause?: unknown): NexusError {
  return new NexusError(code, `sqlite: the database ${JSON.stringify(path)} ${what}`, {
    advice,
    operation,
    context: { path },
    cause,
  })
}
