import type { IncomingContent } from '../../content/incoming-content.ts'
import type { Digest } from '../../core/digest.ts'
import { NexusError } from '../../core/errors.ts'
import type { NexusPath } from '../../core/path.ts'
import { CommitPlan } from '../commit/commit-plan.ts'
import type { FsContext } from '../commit/context.ts'
import { FileWrites, type FileWritesOptions } from '../commit/file-writes.ts'
import { type Attempt, mutate, settling } from '../commit/mutation.ts'
import { attemptOf, lookUp } from '../commit/plan-writes.ts'
import { isFailure, type LeftOut, type LeftOutReason } from '../model/left-out.ts'
import type { ImportChange, ImportOptions, TransferProgress, TransferReport } from '../model/options.ts'
import { tell } from '../operations/calls.ts'
import { planRemoval } from '../operations/remove.ts'
import type { Exclusion } from './exclude.ts'
import { type Look, lookAtStore, planItem, type ReadItem, whyUnreadable } from './import-plan.ts'
import type { LocalCall } from './local-file.ts'
import { cannotImport, type LocalItem } from './local-survey.ts'
import { type ReadCall, ReadRoom, readLocal } from './read-file.ts'

/** Files read at the same time. */
const width = 32
/** Bytes of files read before a commit; a larger file has a commit to itself, and is stored while it is read. */
const roomBytes = 16 * 1024 * 1024
/** Names taken out in one commit. */
const removedAtOnce = 400

/** One import, from its first batch to its last. */
export interface ImportRun {
  readonly options: ImportOptions
  readonly local: LocalCall
  readonly exclusion: Exclusion
  readonly tally: ImportTally
  /** Nothing stood at the target when the import began. */
  readonly isNew: boolean
  /** Something of another kind stands at this path, so that what is below it at the source is passed over. */
  blocked: NexusPath | undefined
  /** What stood at this path was removed, or would be in a dry run: what is below it at the source is new. */
  cleared: NexusPath | undefined
}

/** Looks at the store, reads what has changed, and commits it. */
export async function importBatch(fs: FsContext, batch: readonly LocalItem[], run: ImportRun): Promise<void> {
  const { options, local, tally } = run
  await local.storeFiles.update()
  const isLookDue = !run.isNew || options.dryRun === true
  const look = isLookDue ? await lookAtStore(fs, batch, run) : undefined
  if (look !== undefined) await removeFirst(fs, look.removals, run)
  if (look !== undefined && options.dryRun) return foresee(look, run)
  const unchanged = look?.unchanged ?? new Set<LocalItem>()
  const items = look?.items.map(({ item }) => item) ?? batch
  const changed = items.filter((item) => !unchanged.has(item))
  if (changed.length > 0) await commitBatch(fs, changed, run)
  for (const item of unchanged) tally.add(countOf(item, item.kind === 'file' ? Number(item.seen.size) : 0, false))
}

/** In one commit, or in more if the files have grown so much since they were looked at that they do not fit into memory together. */
async function commitBatch(fs: FsContext, items: readonly LocalItem[], run: ImportRun): Promise<void> {
  for (let left = items; left.length > 0; ) left = await commitSome(fs, left, run)
}

/** What is left to do. */
async function commitSome(fs: FsContext, items: readonly LocalItem[], run: ImportRun): Promise<readonly LocalItem[]> {
  const { options, tally } = run
  const { read, later } = await readAll(fs, items, run)
  const distinct = [...new Set(read.flatMap(({ incoming }) => incoming ?? []))]
  const { changes, result } = await settling(distinct, () => mutate(fs, options, () => attemptBatch(fs, read, distinct, run)))
  for (const change of changes) tell(options.onChange, change)
  tally.add(result)
  return later
}

/**
 * Takes in the files of a batch: what is left of it then, in order, and what has to wait for the next commit. Content of equal digest is taken in
 * once: the later ones give way to the first.
 * @throws {NexusError} as `readLocal`; then nothing is kept
 */
async function readAll(
  fs: FsContext,
  items: readonly LocalItem[],
  { local, options, tally }: ImportRun,
): Promise<{ readonly read: readonly ReadItem[]; readonly later: readonly LocalItem[] }> {
  const read: ReadItem[] = []
  const later: LocalItem[] = []
  const first = new Map<Digest, IncomingContent>()
  const onBytes = (bytes: number): void => {
    tally.read(bytes)
    if (bytes > 0) tell(options.onProgress, tally.progress())
  }
  const call: ReadCall = { ...local, content: fs.content, room: new ReadRoom(roomBytes), onBytes }
  try {
    for (let start = 0; start < items.length; start += width) {
      const window = items.slice(start, start + width)
      const contents = await Promise.allSettled(
        window.map(async ({ kind, location }) => (kind === 'file' ? readLocal(location, call) : undefined)),
      )
      for (const content of contents) {
        if (content.status === 'fulfilled' && content.value?.kind === 'content') keepFirst(first, content.value.incoming)
      }
      for (const [index, item] of window.entries()) {
        const content = contents[index]
        if (content?.status === 'rejected') throw content.reason
        const { value } = content ?? {}
        if (value?.kind === 'left out') leaveOut(item, value.why, tally)
        else if (value?.kind === 'later') later.push(item)
        else if (value === undefined) read.push(item)
        else read.push({ ...item, seen: value.seen, stamp: value.stamp, incoming: first.get(value.incoming.digest) })
      }
    }
    return { read, later }
  } catch (error) {
    for (const incoming of first.values()) incoming.settle('dropped')
    throw error
  }
}

function keepFirst(first: Map<Digest, IncomingContent>, incoming: IncomingContent): void {
  if (first.has(incoming.digest)) incoming.settle('dropped')
  else first.set(incoming.digest, incoming)
}

function leaveOut({ below, location }: LocalItem, why: LeftOutReason, tally: ImportTally): void {
  if (below === '') throw cannotImport(location, why)
  tally.leaveOut({ path: below, why })
}

interface BatchDone {
  readonly changes: readonly ImportChange[]
  readonly result: BatchResult
}

async function attemptBatch(
  fs: FsContext,
  batch: readonly ReadItem[],
  contents: readonly IncomingContent[],
  { options }: ImportRun,
): Promise<Attempt<BatchDone>> {
  const { author = fs.author, reason, signal } = options
  for (const content of contents) content.startAttempt()
  const paths = batch.map(({ path }) => path)
  const { resolved, rows, time } = await lookUp(fs, paths, contents, { keepsLast: true, signal })
  const by: FileWritesOptions = { author, reason, parents: true, signal, time, rows }
  const writes = new FileWrites(fs, by)
  const changes: ImportChange[] = []
  const counts: BatchResult[] = []
  for (const [index, item] of batch.entries()) {
    const there = resolved[index]
    if (there === undefined) throw new NexusError('Unexpected', `${item.path}: the snapshot has no answer for this path`)
    if (there.followed.length > 0) throw movedAway(item.path)
    const kind = planItem(fs, writes, item, there, by)
    if (kind !== undefined) changes.push({ kind, path: item.path })
    counts.push(countOf(item, item.incoming?.size ?? 0, kind !== undefined))
  }
  await writes.finish()
  writes.plan.contents = contents
  const done: BatchDone = { changes, result: sum(counts) }
  return attemptOf(writes, () => done)
}

function movedAway(path: NexusPath): NexusError {
  return new NexusError('Conflict', `import: a directory above ${path} became a link meanwhile`, {
    advice: 'run it again',
    context: { path },
  })
}

/** What a mirror no longer has, and what gives way to an entry of another kind. */
async function removeFirst(fs: FsContext, removals: readonly NexusPath[], { options, tally }: ImportRun): Promise<void> {
  for (let start = 0; start < removals.length; start += removedAtOnce) {
    const paths = removals.slice(start, start + removedAtOnce)
    const removed = options.dryRun ? paths : await mutate(fs, options, () => attemptRemoval(fs, paths, options))
    for (const path of removed) {
      tally.remove()
      tell(options.onChange, { kind: 'remove', path })
    }
  }
}

async function attemptRemoval(
  fs: FsContext,
  paths: readonly NexusPath[],
  { signal }: ImportOptions,
): Promise<Attempt<readonly NexusPath[]>> {
  const { resolved, time } = await fs.resolver.resolveAll(paths, { keepsLast: true, signal })
  const plan = new CommitPlan(time)
  const removed = resolved.flatMap((there) => {
    if (there.bound === undefined || there.followed.length > 0) return []
    planRemoval(plan, there, there.bound)
    return [there.path]
  })
  return attemptOf({ plan }, () => removed)
}

/** What a dry run tells of a batch. */
async function foresee({ items, unchanged, removals }: Look, { options, tally }: ImportRun): Promise<void> {
  const cleared = new Set(removals)
  for (const { item, there } of items) {
    const why = await whyUnreadable(item)
    if (why !== undefined) {
      leaveOut(item, why, tally)
      continue
    }
    const isSame = unchanged.has(item)
    tally.add(countOf(item, item.kind === 'file' ? Number(item.seen.size) : 0, !isSame))
    const isThere = (there?.bound ?? there?.directory) !== undefined && !cleared.has(item.path)
    if (!isSame) tell(options.onChange, { kind: isThere ? 'change' : 'add', path: item.path })
  }
}

function countOf({ kind }: LocalItem, bytes: number, isChanged: boolean): BatchResult {
  return {
    files: kind === 'file' ? 1 : 0,
    directories: kind === 'directory' ? 1 : 0,
    links: kind === 'link' ? 1 : 0,
    bytes,
    unchanged: isChanged || kind === 'directory' ? 0 : 1,
  }
}

function sum(counts: readonly BatchResult[]): BatchResult {
  const total = { files: 0, directories: 0, links: 0, bytes: 0, unchanged: 0 }
  for (const { files, directories, links, bytes, unchanged } of counts) {
    total.files += files
    total.directories += directories
    total.links += links
    total.bytes += bytes
    total.unchanged += unchanged
  }
  return total
}

/** What one batch came to. */
export interface BatchResult {
  readonly files: number
  readonly directories: number
  readonly links: number
  readonly bytes: number
  readonly unchanged: number
}

/** What an import has done so far. */
export class ImportTally {
  #files = 0
  #directories = 0
  #links = 0
  #bytes = 0
  /** Of large files that are being read. */
  #underWay = 0
  #unchanged = 0
  #removed = 0
  #expected: { files: number; bytes: number } | undefined
  readonly #leftOut: LeftOut[] = []

  /** What a look ahead has found. */
  expect({ kind, seen }: LocalItem): void {
    this.#expected ??= { files: 0, bytes: 0 }
    if (kind !== 'file') return
    this.#expected.files++
    this.#expected.bytes += Number(seen.size)
  }

  leaveOut(what: LeftOut): void {
    this.#leftOut.push(what)
  }

  read(bytes: number): void {
    this.#underWay += bytes
  }

  add({ files, directories, links, bytes, unchanged }: BatchResult): void {
    this.#files += files
    this.#directories += directories
    this.#links += links
    this.#bytes += bytes
    this.#unchanged += unchanged
  }

  remove(): void {
    this.#removed++
  }

  progress(): TransferProgress {
    const { files: totalFiles, bytes: totalBytes } = this.#expected ?? {}
    const bytes = this.#bytes + this.#underWay
    return { files: this.#files, directories: this.#directories, links: this.#links, bytes, totalFiles, totalBytes }
  }

  report(): TransferReport {
    const leftOut = this.#leftOut
    return {
      files: this.#files,
      directories: this.#directories,
      links: this.#links,
      bytes: this.#bytes,
      totalFiles: this.#files,
      totalBytes: this.#bytes,
      unchanged: this.#unchanged,
      removed: this.#removed,
      leftOut,
      failed: leftOut.filter(isFailure).length,
    }
  }
}
