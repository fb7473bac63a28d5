import { mkdir, open, readdir, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { isNexusError, NexusError, throwIfAborted } from '../core/errors.ts'
import { type NexusPath, parseNamedPath, segmentsOf } from '../core/path.ts'
import { tell } from './calls.ts'
import { contentOf, findVersion } from './content-of-version.ts'
import type { FsContext } from './context.ts'
import { demandDirectory, demandFile, demandNoFileAbove } from './expect-path.ts'
import { type DirectoryHead, type FileHead, type Head, isDirectory, isFile } from './head.ts'
import { localError } from './local-error.ts'
import { isExecutable } from './mode.ts'
import type { ExportOptions, TransferReport } from './options.ts'
import { StoreFiles } from './store-files.ts'
import { secondsForUtimes } from './utimes-seconds.ts'
import { walkBound } from './walk.ts'

/** Files written at the same time. */
const width = 8

/** Only content that was verified whole is written; directories get their times last, when nothing in them changes any more. */
export async function exportTree(fs: FsContext, path: string, target: string, options: ExportOptions): Promise<TransferReport> {
  const source = parseNamedPath(path)
  await (await StoreFiles.ofThisProcess()).refuse('export', target, { mayHold: false })
  const { only } = await fs.resolver.resolve(source, { signal: options.signal })
  demandNoFileAbove(only)
  const tally = new Tally(options)
  if (isFile(only.bound)) {
    const file = await findVersion(fs, source, demandFile(only), options.version, options.signal)
    await exportFile(fs, source, file.head, target, tally)
    return tally.report()
  }
  demandDirectory(only)
  if (options.version !== undefined)
    throw new NexusError('InvalidArgument', `export: ${source} is a directory, and has no versions`)
  await makeEmpty(target)
  const top = isDirectory(only.bound) ? only.bound.head : undefined
  await exportBelow(fs, source, target, top, tally)
  return tally.report()
}

/** What was written so far. */
class Tally {
  readonly options: ExportOptions
  files = 0
  directories = 0
  bytes = 0

  constructor(options: ExportOptions) {
    this.options = options
  }

  report(): TransferReport {
    const { files, directories, bytes } = this
    return { files, directories, bytes, unchanged: 0, leftOut: [], failed: 0 }
  }

  file(size: number): void {
    this.files++
    this.bytes += size
    tell(this.options.onProgress, this.report())
  }
}

async function exportBelow(
  fs: FsContext,
  source: NexusPath,
  target: string,
  top: DirectoryHead | undefined,
  tally: Tally,
): Promise<void> {
  const skipped = segmentsOf(source).length
  const directories: { readonly location: string; readonly head: DirectoryHead }[] = top ? [{ location: target, head: top }] : []
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  tally.directories++
  try {
    for await (const { path, bound } of walkBound(fs, source, tally.options)) {
      const location = join(target, ...segmentsOf(path).slice(skipped))
      if (isDirectory(bound)) {
        await mkdir(location).catch(localError('export', location))
        directories.push({ location, head: bound.head })
        tally.directories++
      } else if (isFile(bound)) {
        const done: Promise<void> = exportFile(fs, path, bound.head, location, tally)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => running.delete(done))
        running.add(done)
        if (running.size >= width) await Promise.race(running)
      }
      if (failures.length > 0) break
    }
  } finally {
    await Promise.all(running)
  }
  if (failures.length > 0) throw failures[0]
  for (const { location, head } of directories.reverse()) await setTime(location, head)
}

/** A file that cannot be written whole is not left in part. */
async function exportFile(fs: FsContext, path: NexusPath, head: FileHead, location: string, tally: Tally): Promise<void> {
  throwIfAborted(tally.options.signal, 'export')
  const content = await contentOf(fs, path, head, tally.options.signal)
  const file = await open(location, 'wx', isExecutable(head.mode) ? 0o777 : 0o666).catch(localError('export', location))
  try {
    await file.writeFile(content)
  } catch (error) {
    await rm(location, { force: true })
    localError('export', location)(error)
  } finally {
    await file.close()
  }
  await setTime(location, head)
  tally.file(head.size)
}

async function setTime(location: string, head: Head): Promise<void> {
  // As text, since Node takes a negative number for the time of day.
  const seconds = String(secondsForUtimes(head.modifiedAt, head.modifiedNanoseconds ?? 0))
  await utimes(location, seconds, seconds).catch(localError('export', location))
}

/**
 * @throws {NexusError} AlreadyExists if something other than an empty directory is there
 */
async function makeEmpty(target: string): Promise<void> {
  try {
    await mkdir(target).catch(localError('export', target))
  } catch (error) {
    if (!isNexusError(error, 'AlreadyExists')) throw error
    const names = await readdir(target).catch(localError('export', target))
    if (names.length === 0) return
    throw new NexusError('AlreadyExists', `export: ${target} is not empty; export into a new or an empty directory`, {
      cause: error,
    })
  }
}
