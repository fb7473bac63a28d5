import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { IncomingContent } from '../content/incoming-content.ts'
import { NexusError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import type { FsContext } from './context.ts'
import { isADirectory, notADirectory } from './expect-path.ts'
import { isFile } from './head.ts'
import type { BatchResult, ImportTally } from './import-tally.ts'
import type { LeftOut } from './left-out.ts'
import { type LocalCall, largestFileBytes, readLocal, whyNot } from './local-file.ts'
import { cannotImport, type LocalItem } from './local-survey.ts'
import { type Attempt, mutate, settling } from './mutation.ts'
import type { ImportOptions } from './options.ts'
import type { Resolved } from './resolver.ts'
import { isSameTime, timeOfFile } from './times.ts'
import { receiveAll } from './write.ts'
import { WritePlan } from './write-plan.ts'

/** Files read at the same time. */
const width = 32

export interface BatchOptions extends ImportOptions, LocalCall {}

/** A surveyed item with what was read of it, in the state that it was read in. */
interface ReadItem extends LocalItem {
  readonly incoming?: IncomingContent | undefined
}

/** Reads and commits one batch. */
export async function importBatch(
  fs: FsContext,
  items: readonly LocalItem[],
  options: BatchOptions,
  tally: ImportTally,
): Promise<void> {
  if (options.dryRun === true) return tally.add(await lookAtBatch(fs, items, options))
  await options.storeFiles.update()
  const { read, bytes, leftOut } = await readAll(items, options)
  for (const each of leftOut) tally.leaveOut(each)
  const contents = await receiveAll(fs, bytes, options.signal)
  let next = 0
  const batch: readonly ReadItem[] = read.map((item) => (item.kind === 'file' ? { ...item, incoming: contents[next++] } : item))
  const distinct = [...new Set(contents)]
  tally.add(await settling(distinct, () => mutate(fs, options, () => attemptBatch(fs, batch, distinct, options))))
}

/** What is left of a batch once its files were read, with their bytes in order. */
async function readAll(
  items: readonly LocalItem[],
  options: BatchOptions,
): Promise<{ read: LocalItem[]; bytes: Uint8Array[]; leftOut: LeftOut[] }> {
  const read: LocalItem[] = []
  const bytes: Uint8Array[] = []
  const leftOut: LeftOut[] = []
  for (let start = 0; start < items.length; start += width) {
    const window = items.slice(start, start + width)
    const contents = await Promise.all(
      window.map(({ kind, location }) => (kind === 'file' ? readLocal(location, options) : undefined)),
    )
    for (const [index, item] of window.entries()) {
      const content = contents[index]
      if (content?.kind === 'left out') {
        if (item.below === '') throw cannotImport(item.location, content.why)
        leftOut.push({ path: item.below, why: content.why })
        continue
      }
      read.push(content === undefined ? item : { ...item, seen: content.seen })
      if (content !== undefined) bytes.push(content.bytes)
    }
  }
  return { read, bytes, leftOut }
}

async function attemptBatch(
  fs: FsContext,
  batch: readonly ReadItem[],
  contents: readonly IncomingContent[],
  options: BatchOptions,
): Promise<Attempt<BatchResult>> {
  const { author = fs.author, reason, signal } = options
  for (const content of contents) content.startAttempt()
  const shared = contents.filter(({ size }) => size > limits.tinyContentBytes)
  const { resolved, get, time } = await fs.resolver.resolveAll(
    batch.map(({ path }) => path),
    { get: shared.map(({ key }) => key), signal },
  )
  const rows = new Map(shared.map(({ digest }, index) => [digest, get[index]]))
  const plan = new WritePlan(fs, { author, reason, parents: true, signal, time, rows })
  const judged = new Judgement()
  for (const [index, item] of batch.entries()) {
    const there = resolvedOf(item, resolved[index])
    if (judged.isBlocked(item, there)) continue
    const isUnchanged =
      item.incoming === undefined ? planDirectory(plan, item, there) : planFile(plan, item, there, item.incoming)
    judged.count(item, item.incoming?.size ?? 0, isUnchanged)
  }
  await plan.finish()
  if (plan.draft.isEmpty) return { done: judged.result() }
  return { draft: plan.draft, time, contents, result: () => judged.result() }
}

/** What an import would do with a batch, as far as that can be told without reading a file. */
async function lookAtBatch(fs: FsContext, items: readonly LocalItem[], { signal }: BatchOptions): Promise<BatchResult> {
  const { resolved } = await fs.resolver.resolveAll(
    items.map(({ path }) => path),
    { signal },
  )
  const judged = new Judgement()
  for (const [index, item] of items.entries()) {
    const there = resolvedOf(item, resolved[index])
    if (judged.isBlocked(item, there)) continue
    const why = item.kind === 'file' ? await whyUnreadable(item) : undefined
    if (why === undefined) judged.count(item, item.kind === 'file' ? Number(item.seen.size) : 0, false)
    else judged.leaveOut({ path: item.below, why })
  }
  return judged.result()
}

async function whyUnreadable({ location, seen }: LocalItem): Promise<LeftOut['why'] | undefined> {
  if (seen.size > largestFileBytes) return 'too large'
  return access(location, constants.R_OK).then(
    () => undefined,
    (error: unknown) => whyNot(location, error),
  )
}

/** What becomes of the items of a batch. */
class Judgement {
  #files = 0
  #directories = 0
  #bytes = 0
  #unchanged = 0
  readonly #leftOut: LeftOut[] = []

  /** True, and listed, if something of the other kind stands at the path in the store, or a file above it. */
  isBlocked({ kind, below, path }: LocalItem, { bound, directory, obstacle }: Resolved): boolean {
    if (obstacle?.kind === 'file') {
      if (below === '') throw notADirectory(obstacle.path)
      return true
    }
    const isInTheWay = kind === 'directory' ? bound !== undefined && directory === undefined : directory !== undefined
    if (!isInTheWay) return false
    if (below === '') throw kind === 'directory' ? notADirectory(path) : isADirectory(path)
    this.leaveOut({ path: below, why: 'in the way' })
    return true
  }

  leaveOut(what: LeftOut): void {
    this.#leftOut.push(what)
  }

  count({ kind }: LocalItem, size: number, isUnchanged: boolean): void {
    if (kind === 'file') this.#files++
    else this.#directories++
    this.#bytes += size
    if (kind === 'file' && isUnchanged) this.#unchanged++
  }

  result(): BatchResult {
    return {
      files: this.#files,
      directories: this.#directories,
      bytes: this.#bytes,
      unchanged: this.#unchanged,
      leftOut: this.#leftOut,
    }
  }
}

function resolvedOf({ path }: LocalItem, resolved: Resolved | undefined): Resolved {
  if (resolved !== undefined) return resolved
  throw new NexusError('Unexpected', `${path} was lost while it was imported`)
}

/** Gives true for a directory that is there. */
function planDirectory(plan: WritePlan, { seen }: LocalItem, there: Resolved): boolean {
  if (there.directory !== undefined || plan.directories.get(there.path) !== undefined) return true
  plan.directories.make(there.path, plan.place(there), { mode: modeOf(seen), ...timeOfFile(seen.mtimeNs) })
  return false
}

/** Gives true for a file that is there already with the same bytes, mode and time. */
function planFile(plan: WritePlan, { path, seen }: LocalItem, there: Resolved, incoming: IncomingContent): boolean {
  const modified = timeOfFile(seen.mtimeNs)
  const mode = modeOf(seen)
  if (isFile(there.bound)) {
    const { head } = there.bound
    if (head.digest === incoming.digest && head.mode === mode && isSameTime(head, modified)) {
      plan.keep(incoming)
      return true
    }
  }
  plan.write({ path, kind: 'write', content: { kind: 'incoming', incoming }, mode, modified }, there)
  return false
}

/** The 12 bits of `chmod`. */
function modeOf({ mode }: LocalItem['seen']): number {
  return Number(mode & 0o7777n)
}
