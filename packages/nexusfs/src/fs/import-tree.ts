import { readFile } from 'node:fs/promises'
import type { IncomingContent } from '../content/incoming-content.ts'
import { NexusError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { childOf, type NexusPath, parsePath } from '../core/path.ts'
import { tell } from './calls.ts'
import type { FsContext } from './context.ts'
import { notADirectory } from './expect-path.ts'
import { type FileHead, isFile } from './head.ts'
import { localError } from './local-error.ts'
import { type LocalItem, surveyLocal } from './local-survey.ts'
import { isExecutable } from './mode.ts'
import { type Attempt, mutate, settling } from './mutation.ts'
import type { ImportOptions, TransferReport } from './options.ts'
import type { Resolved } from './resolver.ts'
import { StoreFiles } from './store-files.ts'
import { receiveAll } from './write.ts'
import { WritePlan } from './write-plan.ts'

/** A batch is one commit: at most this many files and directories, and bytes of content (one larger file alone). */
const batchItems = 400
const batchBytes = 8 * 1024 * 1024
/** Files read at the same time. */
const width = 32
/** What Node reads at once; files are taken in whole. */
const largestFileBytes = 2 ** 31 - 1

/** Commits batch after batch; what is there already and the same is left alone, so that an interrupted import can be run again. */
export async function importTree(fs: FsContext, source: string, path: string, options: ImportOptions): Promise<TransferReport> {
  const target = parsePath(path)
  const storeFiles = await StoreFiles.ofThisProcess()
  await storeFiles.refuse('import', source, { mayHold: true })
  const { items, skippedLinks, leftOut } = await surveyLocal(source, options, storeFiles)
  const placed = items.map((item) => ({
    ...item,
    path: pathBelow(target, item.names),
  }))
  const totals = { totalFiles: count(items, 'file'), totalBytes: items.reduce((sum, { size }) => sum + size, 0) }
  let report: TransferReport = { files: 0, directories: 0, bytes: 0, unchanged: 0, skippedLinks, leftOut, ...totals }
  if (options.dryRun)
    return { ...report, files: totals.totalFiles, directories: count(items, 'directory'), bytes: totals.totalBytes }
  for (const batch of batchesOf(placed)) {
    const unchanged = await importBatch(fs, batch, options)
    report = {
      ...report,
      files: report.files + count(batch, 'file'),
      directories: report.directories + count(batch, 'directory'),
      bytes: report.bytes + batch.reduce((sum, { size }) => sum + size, 0),
      unchanged: report.unchanged + unchanged,
    }
    tell(options.onProgress, report)
  }
  return report
}

function pathBelow(target: NexusPath, names: readonly string[]): NexusPath {
  let path = target
  for (const name of names) path = parsePath(childOf(path, name))
  return path
}

function tooLarge(location: string, size: number): NexusError {
  return new NexusError('Unsupported', `import: ${location} has ${size} bytes; a file of 2 GiB or more cannot be imported yet`, {
    operation: 'import',
    context: { location, size },
  })
}

interface PlacedItem extends LocalItem {
  readonly path: NexusPath
}

function count(items: readonly LocalItem[], kind: LocalItem['kind']): number {
  return items.filter((item) => item.kind === kind).length
}

function* batchesOf(items: readonly PlacedItem[]): Generator<readonly PlacedItem[]> {
  let batch: PlacedItem[] = []
  let bytes = 0
  for (const item of items) {
    if (batch.length > 0 && (batch.length >= batchItems || bytes + item.size > batchBytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += item.size
  }
  if (batch.length > 0) yield batch
}

/** Gives the number of files that were the same already. */
async function importBatch(fs: FsContext, batch: readonly PlacedItem[], options: ImportOptions): Promise<number> {
  const files = batch.filter(({ kind }) => kind === 'file')
  const bytes = await readAll(files, options.signal)
  const contents = await receiveAll(fs, bytes, options.signal)
  const contentOf = new Map(files.map(({ path }, index) => [path, contents[index]]))
  return settling([...new Set(contents)], () => mutate(fs, options, () => attemptBatch(fs, batch, contentOf, options)))
}

async function readAll(files: readonly LocalItem[], signal: AbortSignal | undefined): Promise<readonly Uint8Array[]> {
  const bytes: Uint8Array[] = []
  for (let start = 0; start < files.length; start += width) {
    bytes.push(...(await Promise.all(files.slice(start, start + width).map((file) => readLocal(file, signal)))))
  }
  return bytes
}

async function readLocal({ location, size }: LocalItem, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (size > largestFileBytes) throw tooLarge(location, size)
  const bytes = await readFile(location, { signal }).catch((error: unknown) => {
    if (signal?.aborted) throw new NexusError('Aborted', 'import: cancelled by the caller', { cause: error })
    return localError('import', location)(error)
  })
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function attemptBatch(
  fs: FsContext,
  batch: readonly PlacedItem[],
  contentOf: ReadonlyMap<NexusPath, IncomingContent | undefined>,
  options: ImportOptions,
): Promise<Attempt<number>> {
  const { author = fs.author, reason, signal } = options
  const contents = [...new Set(contentOf.values())].filter((content) => content !== undefined)
  for (const content of contents) content.startAttempt()
  const shared = contents.filter(({ size }) => size > limits.tinyContentBytes)
  const { resolved, get, time } = await fs.resolver.resolveAll(
    batch.map(({ path }) => path),
    { get: shared.map(({ key }) => key), signal },
  )
  const rows = new Map(shared.map(({ digest }, index) => [digest, get[index]]))
  const plan = new WritePlan(fs, { author, reason, parents: true, signal, time, rows })
  let unchanged = 0
  for (const [index, item] of batch.entries()) {
    const there = resolved[index]
    if (there === undefined) throw new NexusError('Unexpected', `${item.path} was lost while it was imported`)
    if (!planItem(plan, item, there, contentOf.get(item.path))) unchanged++
  }
  await plan.finish()
  if (plan.draft.isEmpty) return { done: unchanged }
  return { draft: plan.draft, time, contents, result: () => unchanged }
}

/** Gives false for a file that is there already with the same bytes, bit and time. */
function planItem(plan: WritePlan, item: PlacedItem, there: Resolved, incoming: IncomingContent | undefined): boolean {
  const { path, executable } = item
  const modified = { modifiedAt: item.modifiedAt, modifiedNanoseconds: item.modifiedNanoseconds || undefined }
  if (incoming === undefined) {
    if (isFile(there.bound)) throw notADirectory(path)
    if (there.directory === undefined && plan.directories.get(path) === undefined) {
      plan.directories.make(path, plan.place(there), modified)
    }
    return true
  }
  if (isFile(there.bound)) {
    const { head } = there.bound
    if (head.digest === incoming.digest && isExecutable(head.mode) === executable && isSameTime(head, modified)) {
      plan.keep(incoming)
      return false
    }
  }
  plan.write({ path, kind: 'write', content: { kind: 'incoming', incoming }, executable, modified }, there)
  return true
}

/** To the microsecond, which is as exactly as an export can set a time. */
function isSameTime(head: FileHead, modified: Pick<FileHead, 'modifiedAt' | 'modifiedNanoseconds'>): boolean {
  const microseconds = (nanoseconds = 0): number => Math.floor(nanoseconds / 1000)
  const isSameMillisecond = head.modifiedAt === modified.modifiedAt
  return isSameMillisecond && microseconds(head.modifiedNanoseconds) === microseconds(modified.modifiedNanoseconds)
}
