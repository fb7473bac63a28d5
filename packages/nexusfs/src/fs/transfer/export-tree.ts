import { join } from 'node:path'
import { isNexusError, NexusError, throwIfAborted } from '../../core/errors.ts'
import { type NexusPath, nameOf, parentOf, parseNamedPath } from '../../core/path.ts'
import { findVersion, piecesOfVersion } from '../commit/content-of-version.ts'
import type { FsContext } from '../commit/context.ts'
import { type DirectoryHead, type FileHead, isDirectory, isFile, type LinkHead } from '../model/head.ts'
import { isFailure, type LeftOut, type LeftOutReason } from '../model/left-out.ts'
import type { ExportOptions, TransferReport } from '../model/options.ts'
import { tell } from '../operations/calls.ts'
import { type PathBinding, walkBound } from '../operations/walk.ts'
import { requireDirectory, requireFile, requireNoFileAbove } from '../resolve/expect-path.ts'
import { type ExportedEntry, exportDirectory, exportFile, exportLink, finishDirectory, isExported } from './export-entry.ts'
import { type ExportTarget, type LocalFolder, LocalFolders, prepareTarget } from './export-target.ts'
import { requireLocalPath } from './local-error.ts'
import { StoreFiles } from './store-files.ts'

/** Files written at the same time. */
const width = 8

/**
 * Only content that was verified whole is written. What is damaged in the store is left out and listed; a folder in which an export was
 * interrupted, or left something out, is finished by the next one.
 */
export async function exportTree(fs: FsContext, path: string, target: string, options: ExportOptions): Promise<TransferReport> {
  const source = parseNamedPath(path)
  requireLocalPath('export', target)
  await (await StoreFiles.ofThisProcess()).refuse('export', target, { mayHold: false })
  const { resolved } = await fs.resolver.resolve(source, { signal: options.signal })
  requireNoFileAbove(resolved)
  const tally = new ExportTally(options)
  if (isFile(resolved.bound)) {
    const { head } = await findVersion(fs, source, requireFile(resolved), options.version, options.signal)
    const pieces = piecesOfVersion(fs, source, head, { start: 0, end: head.size }, options.signal)
    await exportFile({ path: target, location: target, mayReplace: false }, head, pieces)
    tally.file(head.size, false)
    return tally.report()
  }
  requireDirectory(resolved)
  if (options.version !== undefined)
    throw new NexusError('InvalidArgument', `export: ${source} is a directory, and has no versions`)
  const prepared = await prepareTarget(target, fs.content.storeId, source)
  await using run = new DirectoryExport(fs, tally, prepared)
  await run.fill(source, isDirectory(resolved.bound) ? resolved.bound.head : undefined)
  return tally.report()
}

/** A directory on its way out: its mode and time are set when all that is in it is done. */
interface OpenDirectory {
  readonly path: NexusPath
  readonly folder: LocalFolder
  readonly head: DirectoryHead | undefined
  readonly parent: OpenDirectory | undefined
  /** What in it is not done yet; the walk itself counts as one. */
  pending: number
}

class DirectoryExport implements AsyncDisposable {
  readonly #fs: FsContext
  readonly #tally: ExportTally
  readonly #target: ExportTarget
  readonly #folders = new LocalFolders()
  readonly #running = new Set<Promise<void>>()
  #failure: unknown

  constructor(fs: FsContext, tally: ExportTally, target: ExportTarget) {
    this.#fs = fs
    this.#tally = tally
    this.#target = target
  }

  async fill(source: NexusPath, head: DirectoryHead | undefined): Promise<void> {
    const { signal } = this.#tally.options
    const top: OpenDirectory = { path: source, folder: this.#target.folder, head, parent: undefined, pending: 1 }
    this.#tally.directories++
    let current: OpenDirectory | undefined = top
    try {
      const onUnreadable = (path: NexusPath, error: NexusError): void => this.#tally.leaveOut({ path, why: whyLeftOut(error) })
      for await (const entry of walkBound(this.#fs, source, { signal, onUnreadable })) {
        current = await this.#upTo(current, parentOf(entry.path))
        if (current === undefined) throw new NexusError('Unexpected', `${entry.path}: its parent folder is not open`)
        current = await this.#take(entry, current)
        if (this.#running.size >= width) await Promise.race(this.#running)
        if (this.#failure !== undefined) break
      }
    } finally {
      await Promise.all(this.#running)
    }
    if (this.#failure !== undefined) throw this.#failure
    await this.#upTo(current, undefined)
  }

  /** Leaves the directories that the walk is done with. */
  async #upTo(from: OpenDirectory | undefined, path: NexusPath | undefined): Promise<OpenDirectory | undefined> {
    let current = from
    while (current !== undefined && current.path !== path) {
      await this.#done(current)
      current = current.parent
    }
    return current
  }

  /** The directory in which the walk goes on. */
  async #take({ path, bound }: PathBinding, parent: OpenDirectory): Promise<OpenDirectory> {
    if (!isDirectory(bound)) {
      parent.pending++
      const done: Promise<void> = this.#writeEntry(path, parent, bound.head)
        .then(() => this.#done(parent))
        .catch((error: unknown) => {
          this.#failure ??= error
        })
        .finally(() => this.#running.delete(done))
      this.#running.add(done)
      return parent
    }
    const name = nameOf(path)
    const seen = await this.#folders.within(parent.folder, (pathOf) => exportDirectory(this.#entryIn(parent, name, pathOf)))
    parent.pending++
    const folder: LocalFolder = { parent: parent.folder, location: join(parent.folder.location, name), seen }
    if (this.#target.isBegun) await this.#folders.within(folder, (_, handle) => handle.chmod(0o700))
    this.#tally.directories++
    return { path, folder, head: bound.head, parent, pending: 1 }
  }

  async #done(directory: OpenDirectory): Promise<void> {
    if (--directory.pending > 0) return
    const { folder, head, parent } = directory
    if (parent === undefined && !this.#tally.hasFailed) await this.#target.finish()
    if (head !== undefined) await this.#folders.within(folder, (_, handle) => finishDirectory(handle, head))
    if (parent !== undefined) await this.#done(parent)
  }

  async #writeEntry(path: NexusPath, parent: OpenDirectory, head: FileHead | LinkHead): Promise<void> {
    const { options } = this.#tally
    throwIfAborted(options.signal, 'export')
    try {
      await this.#folders.within(parent.folder, async (pathOf) => {
        const exported = this.#entryIn(parent, nameOf(path), pathOf)
        if (head.kind === 'link') {
          await exportLink(exported, head)
          return this.#tally.link()
        }
        const isThere = await isExported(exported, head)
        const all = { start: 0, end: head.size }
        if (!isThere) await exportFile(exported, head, piecesOfVersion(this.#fs, path, head, all, options.signal))
        this.#tally.file(head.size, isThere)
      })
    } catch (error) {
      this.#tally.leaveOut({ path, why: whyLeftOut(error) })
    }
  }

  #entryIn(parent: OpenDirectory, name: string, pathOf: (name: string) => string): ExportedEntry {
    return { path: pathOf(name), location: join(parent.folder.location, name), mayReplace: this.#target.isBegun }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#folders[Symbol.asyncDispose]()
  }
}

/**
 * @throws what is not a matter of this one entry
 */
function whyLeftOut(error: unknown): LeftOutReason {
  if (isNexusError(error, 'Corrupt')) return 'damaged'
  if (isNexusError(error, 'Unsupported')) return 'newer'
  if (isNexusError(error, 'InvalidPath') && error.context.errno === 'ENAMETOOLONG') return 'name'
  if (isNexusError(error) && error.context.errno === 'EINVAL') return 'name'
  if (isNexusError(error) && error.context.errno === 'EFBIG') return 'too large'
  if (isNexusError(error, 'IsADirectory')) return 'in the way'
  throw error
}

/** What was written so far. */
class ExportTally {
  readonly options: ExportOptions
  readonly #leftOut: LeftOut[] = []
  directories = 0
  #files = 0
  #links = 0
  #bytes = 0
  #unchanged = 0

  constructor(options: ExportOptions) {
    this.options = options
  }

  get hasFailed(): boolean {
    return this.#leftOut.some(isFailure)
  }

  report(): TransferReport {
    const leftOut = this.#leftOut
    const failed = leftOut.filter(isFailure).length
    return {
      files: this.#files,
      directories: this.directories,
      links: this.#links,
      bytes: this.#bytes,
      unchanged: this.#unchanged,
      removed: 0,
      leftOut,
      failed,
    }
  }

  file(size: number, isUnchanged: boolean): void {
    this.#files++
    this.#bytes += size
    if (isUnchanged) this.#unchanged++
    tell(this.options.onProgress, this.report())
  }

  link(): void {
    this.#links++
    tell(this.options.onProgress, this.report())
  }

  leaveOut(what: LeftOut): void {
    this.#leftOut.push(what)
  }
}
