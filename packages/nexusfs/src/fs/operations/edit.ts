import { AsyncLocalStorage } from 'node:async_hooks'
import { largestRestored } from '../../content/extended-content.ts'
import type { IncomingContent } from '../../content/incoming-content.ts'
import { concatBytes } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { NexusPath } from '../../core/path.ts'
import { orAborted } from '../../engine-kit/deadline.ts'
import type { KeyedMutex } from '../../engine-kit/keyed-mutex.ts'
import { contentOf, piecesOfVersion, withPath } from '../commit/content-of-version.ts'
import type { FsContext } from '../commit/context.ts'
import { type Attempt, mutate, settling } from '../commit/mutation.ts'
import { attemptOf, fileAt, finishPlan, freshForMs, lookUpOne, seemsKnown } from '../commit/plan-writes.ts'
import { type FileEntry, toFileEntry } from '../model/entry.ts'
import type { BoundFile } from '../model/head.ts'
import type { WriteOptions } from '../model/options.ts'
import { shown } from '../model/take-options.ts'
import { notFound, parseFilePath, requirePreconditions } from '../resolve/expect-path.ts'
import { CallerError } from './calls.ts'
import { ownBytes } from './own-bytes.ts'
import { fileWrite } from './write.ts'

/**
 * What `edit` calls: gets the content and the entry of the file, both `undefined` if there is none, and gives the new content. It may be
 * called several times.
 */
export type Change = (
  content: Uint8Array<ArrayBuffer> | undefined,
  stat: FileEntry | undefined,
) => string | Uint8Array | Promise<string | Uint8Array>

/** Reads, changes and writes in one attempt; callers in this process take turns, so that they do not spoil each other's attempts. */
export async function edit(fs: FsContext, path: string, change: Change, options: WriteOptions): Promise<FileEntry> {
  const target = parseFilePath(path)
  if (typeof change !== 'function') throw new NexusError('InvalidArgument', `edit: change is a function, not ${typeof change}`)
  const next: NextContent = async (file) => {
    const before = file && (await contentOf(fs, target, file.head, options.signal))
    const stat = file && toFileEntry(target, file.head, file.etag)
    const work = (): Promise<string | Uint8Array> => called(change, before && new Uint8Array(before), stat)
    const after = await orAborted(() => partOfEdit(fs.turns, target, work), options.signal, 'edit')
    return fs.content.receive(ownBytes(after, fs.content.bodies), options.signal)
  }
  refuseNestedEdit(fs.turns, target)
  // It does not take the turn of writes, which its change may make.
  return fs.turns.run(`edit ${target}`, () => replaceContent(fs, target, next, options), options.signal)
}

export async function append(
  fs: FsContext,
  path: string,
  content: string | Uint8Array,
  options: WriteOptions,
): Promise<FileEntry> {
  const target = parseFilePath(path)
  const tail = ownBytes(content)
  const next = (before: Uint8Array | undefined): Uint8Array => (before === undefined ? tail : concatBytes(before, tail))
  const whole: NextContent = async (file) => {
    if (file !== undefined && file.head.size > largestRestored && tail.length > 0) {
      return fs.content.extend(file.head, tail, options.signal).catch(withPath(target, file.head))
    }
    return fs.content.receive(next(file && (await contentOf(fs, target, file.head, options.signal))), options.signal)
  }
  const alone = (): Promise<FileEntry> => replaceContent(fs, target, whole, options)
  refuseNestedEdit(fs.turns, target)
  const grouped = { options, size: tail.length, next, toItem: fileWrite(target, options), alone }
  return fs.groups.take(fs, target, [`edit ${target}`, target], grouped)
}

/** Bytes of a file from an offset on; what lies between its end and the offset becomes zeros. */
export async function writeAt(
  fs: FsContext,
  path: string,
  offset: number,
  content: string | Uint8Array,
  options: WriteOptions,
): Promise<FileEntry> {
  const target = parseFilePath(path)
  checkOffset('writeAt', 'offset', offset)
  const bytes = ownBytes(content)
  return rewrite(fs, target, (file) => replaced(fs, target, file, offset, bytes, options.signal), options)
}

/** A file of another size: its beginning, or all of it and zeros. */
export async function truncate(fs: FsContext, path: string, size: number, options: WriteOptions): Promise<FileEntry> {
  const target = parseFilePath(path)
  checkOffset('truncate', 'size', size)
  return rewrite(fs, target, (file) => resized(fs, target, file, size, options.signal), options)
}

function checkOffset(operation: string, what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new NexusError('InvalidArgument', `${operation}: ${what} is a whole number from 0, not ${shown(value)}`)
}

/** A file that is there gets a content made of pieces of its own; what stays the same in large content is not stored again. */
function rewrite(
  fs: FsContext,
  path: NexusPath,
  pieces: (file: BoundFile) => AsyncIterable<Uint8Array>,
  options: WriteOptions,
): Promise<FileEntry> {
  refuseNestedEdit(fs.turns, path)
  const next: NextContent = async (file) => {
    if (file === undefined) throw notFound({ asked: path, followed: [] })
    return fs.content.receiveStream(pieces(file), options.signal)
  }
  return fs.turns.run(
    `edit ${path}`,
    () => fs.turns.run(path, () => replaceContent(fs, path, next, options), options.signal),
    options.signal,
  )
}

async function* replaced(
  fs: FsContext,
  path: NexusPath,
  { head }: BoundFile,
  offset: number,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield* resized(fs, path, { head }, offset, signal)
  yield bytes
  yield* piecesOfVersion(fs, path, head, { start: offset + bytes.length, end: head.size }, signal)
}

async function* resized(
  fs: FsContext,
  path: NexusPath,
  { head }: Pick<BoundFile, 'head'>,
  size: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield* piecesOfVersion(fs, path, head, { start: 0, end: size }, signal)
  const zeros = new Uint8Array(Math.min(zeroBytes, Math.max(0, size - head.size)))
  for (let at = head.size; at < size; at += zeros.length) yield zeros.subarray(0, size - at)
}

const zeroBytes = 64 * 1024

/** The new content of a file, as its last version is; what it reads of that must not be changed. */
type NextContent = (file: BoundFile | undefined) => Promise<IncomingContent>

async function replaceContent(fs: FsContext, path: NexusPath, next: NextContent, options: WriteOptions): Promise<FileEntry> {
  const { signal } = options
  const toItem = fileWrite(path, options)
  const contents: IncomingContent[] = []
  const attempt = async (): Promise<Attempt<FileEntry>> => {
    const isAgain = contents.length > 0
    for (const content of contents.splice(0)) content.settle('dropped')
    let look = await lookUpOne(fs, path, [], signal)
    const began = fs.clock.monotonic()
    requirePreconditions(look.resolved, options)
    const file = fileAt(look.resolved)
    const incoming = await next(file)
    contents.push(incoming)
    const isLate = fs.clock.monotonic() - began > freshForMs
    if (isLate || isAgain || seemsKnown(fs, incoming, file)) {
      look = await lookUpOne(fs, path, [incoming], signal)
      if (fileAt(look.resolved)?.etag !== file?.etag) return { again: true }
    }
    const planned = await finishPlan(fs, [toItem(incoming)], { ...look, resolved: [look.resolved] }, options)
    return attemptOf(planned, (revision) => planned.entry(path, revision))
  }
  return settling(contents, () => mutate(fs, options, attempt))
}

async function called(change: Change, ...seen: Parameters<Change>): Promise<string | Uint8Array> {
  try {
    return await change(...seen)
  } catch (error) {
    throw new CallerError(error)
  }
}

interface Editing {
  readonly turns: KeyedMutex
  readonly path: NexusPath
  readonly outer: Editing | undefined
  isOver: boolean
}

const current = new AsyncLocalStorage<Editing>()

/** Runs a caller's function while the edit of a path waits for it. */
export async function partOfEdit<T>(turns: KeyedMutex, path: NexusPath, work: () => Promise<T>): Promise<T> {
  const editing: Editing = { turns, path, outer: underWay(current.getStore()), isOver: false }
  try {
    return await current.run(editing, work)
  } finally {
    // What the function has started and left behind may edit the path later.
    editing.isOver = true
  }
}

/** The nearest edit that still waits; those that are over would make a chain without an end. */
function underWay(editing: Editing | undefined): Editing | undefined {
  let nearest = editing
  while (nearest?.isOver) nearest = nearest.outer
  return nearest
}

/**
 * @throws {NexusError} InvalidArgument inside the change of an edit: closing would wait for the edit, and the edit for closing
 */
export function refuseCloseInEdit(turns: KeyedMutex): void {
  for (let editing = underWay(current.getStore()); editing !== undefined; editing = underWay(editing.outer)) {
    if (editing.turns !== turns) continue
    throw new NexusError('InvalidArgument', `close: called inside the change of an edit of ${editing.path}`, {
      advice: 'close after the edit',
      operation: 'close',
    })
  }
}

/**
 * To be called before an edit waits for its turn.
 * @throws {NexusError} InvalidArgument inside the edit of the same path: each would wait for the other
 */
function refuseNestedEdit(turns: KeyedMutex, path: NexusPath): void {
  for (let editing = underWay(current.getStore()); editing !== undefined; editing = underWay(editing.outer)) {
    if (editing.turns !== turns || editing.path !== path) continue
    throw new NexusError('InvalidArgument', `edit ${path}: called inside the change of an edit of the same path`, {
      advice: 'make the new content of what the change is given',
      operation: 'edit',
    })
  }
}

/** How many edits wait for what runs now. */
export function depthOfEdits(): number {
  let depth = 0
  for (let editing = current.getStore(); editing !== undefined; editing = editing.outer) depth++
  return depth
}
