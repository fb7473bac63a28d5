import { lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type CopiedContents, copyContents } from '../../content/copy-contents.ts'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import type { Id } from '../../core/id.ts'
import { revisionsPerEpoch } from '../../core/revision.ts'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import type { FsContext } from '../commit/context.ts'
import type { FolderLayers } from '../model/open-options.ts'
import type { BackupOptions, BackupReport } from '../model/options.ts'
import { tell } from '../operations/calls.ts'
import { localError, requireLocalPath } from './local-error.ts'
import { StoreFiles } from './store-files.ts'

const operation = 'backup'
const databaseName = 'meta.db'
/** Says whose backup the folder is: `{ "format": 1, "store": id }`. */
const labelName = 'backup.json'

/**
 * Copies the metadata under another name, then the contents that this copy names, and gives the copy its name last: at any moment the
 * folder holds the backup before or the new one, and an interrupted backup goes on where it was.
 */
export async function backup(fs: FsContext, folder: string, options: BackupOptions): Promise<BackupReport> {
  const target = resolve(requireLocalPath(operation, folder))
  const { layers, copyMetadata } = requireBackup(fs)
  await (await StoreFiles.ofThisProcess()).refuse(operation, target, { mayHold: false })
  await prepareFolder(target, fs.content.storeId, layers)
  const copy = join(target, `${databaseName}.${process.pid}.new`)
  try {
    await copyMetadata(copy, { signal: options.signal })
    const contents = await copyNamedContents(fs, layers, target, copy, options)
    throwIfAborted(options.signal, operation)
    const { size } = await lstat(copy).catch(localError(operation, copy))
    await rename(copy, join(target, databaseName)).catch(localError(operation, target))
    await syncFolder(target)
    return { ...contents, metadataBytes: size }
  } finally {
    await removeDatabase(copy)
  }
}

function requireBackup({ metadata, folderLayers: layers }: FsContext): {
  readonly layers: FolderLayers
  readonly copyMetadata: NonNullable<MetadataStore['backup']>
} {
  const { name, capabilities } = metadata.info
  const copyMetadata = capabilities.backup === true ? metadata.backup?.bind(metadata) : undefined
  if (copyMetadata === undefined) {
    const advice = 'back up its server with the tools of the server, and after that the blobs'
    throw new NexusError('Unsupported', `backup: ${name} cannot copy itself into a folder`, { advice, operation })
  }
  if (layers === undefined) {
    throw new NexusError('Unsupported', 'backup: this file system was opened by NexusFS.open, layer by layer', {
      advice: 'open it with openNexus',
      operation,
    })
  }
  return { layers, copyMetadata }
}

/**
 * Makes the folder and labels it, or finds a backup of this store in it.
 * @throws {NexusError} AlreadyExists if the folder holds anything else, or a backup that has been written to since
 */
async function prepareFolder(target: string, store: Id, layers: FolderLayers): Promise<void> {
  await mkdir(target, { mode: 0o700, recursive: true }).catch(localError(operation, target))
  const names = await readdir(target).catch(localError(operation, target))
  if (names.length === 0) return writeLabel(target, store)
  const labelled = names.includes(labelName) ? await readLabel(target) : undefined
  if (labelled === undefined) throw refused(target, 'is not empty and holds no backup', 'name a new or an empty folder')
  if (labelled !== store) throw refused(target, `holds a backup of another store, ${labelled}`, 'name another folder')
  for (const name of names) if (isOfEndedProcess(name)) await rm(join(target, name), { force: true })
  if (names.includes(databaseName)) await requireUntouched(target, layers)
}

/** A copy begins an epoch: the first commit to it moves it on. */
async function requireUntouched(target: string, layers: FolderLayers): Promise<void> {
  const file = join(target, databaseName)
  const metadata = await layers.openMetadata(file)
  const horizon = await metadata.horizon().finally(() => metadata.close())
  if (horizon % revisionsPerEpoch !== 0) {
    throw refused(target, 'was written to since the last backup, and is a store of its own now', 'name another folder')
  }
  const isOpen = await lstat(`${file}-wal`).then(
    () => true,
    () => false,
  )
  if (isOpen) throw refused(target, 'is open as a store', 'close it, or name another folder')
}

async function copyNamedContents(
  fs: FsContext,
  layers: FolderLayers,
  target: string,
  copy: string,
  { signal, verify = false, onProgress }: BackupOptions,
): Promise<CopiedContents> {
  await using metadata = closing(await layers.openMetadata(copy))
  await using storage = closing(await layers.openStorage(target))
  return await copyContents({
    from: fs.content.storage,
    to: storage.port,
    metadata: metadata.port,
    verify,
    signal,
    onProgress: (copied) => tell(onProgress, copied),
  })
}

function closing<Port extends { close(): Promise<void> }>(port: Port): AsyncDisposable & { readonly port: Port } {
  return { port, [Symbol.asyncDispose]: () => port.close() }
}

async function writeLabel(target: string, store: Id): Promise<void> {
  const location = join(target, labelName)
  const file = await open(location, 'wx', 0o600).catch(localError(operation, location))
  try {
    await file.writeFile(`${JSON.stringify({ format: 1, store })}\n`)
    await file.sync()
  } catch (error) {
    localError(operation, location)(error)
  } finally {
    await file.close()
  }
  await syncFolder(target)
}

/** The store whose backup this is; `undefined` where the label cannot be understood. */
async function readLabel(target: string): Promise<string | undefined> {
  const location = join(target, labelName)
  const text = await readFile(location, 'utf8').catch(localError(operation, location))
  try {
    const label: unknown = JSON.parse(text)
    if (typeof label !== 'object' || label === null || !('format' in label) || !('store' in label)) return undefined
    return label.format === 1 && typeof label.store === 'string' ? label.store : undefined
  } catch {
    return undefined
  }
}

async function syncFolder(folder: string): Promise<void> {
  const descriptor = await open(folder, 'r').catch(localError(operation, folder))
  try {
    await descriptor.sync()
  } catch (error) {
    localError(operation, folder)(error)
  } finally {
    await descriptor.close()
  }
}

async function removeDatabase(file: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal', '-reserve']) await rm(file + suffix, { force: true })
}

const copyPattern = /^meta\.db\.(\d+)\.new(?:-wal|-shm|-journal|-reserve)?$/

/** True for what a backup that was killed left behind. */
function isOfEndedProcess(name: string): boolean {
  const process = copyPattern.exec(name)?.[1]
  return process !== undefined && !isRunning(Number(process))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function refused(target: string, what: string, advice: string): NexusError {
  return new NexusError('AlreadyExists', `backup: ${target} ${what}`, { advice, operation, context: { location: target } })
}
