import type { IncomingContent } from '../../content/incoming-content.ts'
import { concatBytes } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { NexusPath } from '../../core/path.ts'
import { orAborted } from '../../engine-kit/deadline.ts'
import { contentOf } from '../commit/content-of-version.ts'
import type { FsContext } from '../commit/context.ts'
import { type Attempt, mutate, settling } from '../commit/mutation.ts'
import { attemptOf, fileAt, finishPlan, freshForMs, lookUpOne, seemsKnown } from '../commit/plan-writes.ts'
import { type FileEntry, toFileEntry } from '../model/entry.ts'
import type { BoundFile } from '../model/head.ts'
import type { WriteOptions } from '../model/options.ts'
import { demandPreconditions, parseFilePath } from '../resolve/expect-path.ts'
import { CallerError } from './calls.ts'
import { partOfEdit, refuseNestedEdit } from './nested-edit.ts'
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
  const next: NextContent = async (before, file) => {
    const stat = file && toFileEntry(target, file.head, file.etag)
    const work = (): Promise<string | Uint8Array> => called(change, before && new Uint8Array(before), stat)
    return ownBytes(await partOfEdit(fs.turns, target, work), fs.content.bodies)
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
  const alone = (): Promise<FileEntry> => replaceContent(fs, target, async (before) => next(before), options)
  refuseNestedEdit(fs.turns, target)
  const grouped = { options, size: tail.length, next, toItem: fileWrite(target, options), alone }
  return fs.groups.take(fs, target, [`edit ${target}`, target], grouped)
}

/** The new content, in an array that is ours; what it is given must not be changed. */
type NextContent = (before: Uint8Array | undefined, file: BoundFile | undefined) => Promise<Uint8Array>

async function replaceContent(fs: FsContext, path: NexusPath, next: NextContent, options: WriteOptions): Promise<FileEntry> {
  const { signal } = options
  const toItem = fileWrite(path, options)
  const contents: IncomingContent[] = []
  const attempt = async (): Promise<Attempt<FileEntry>> => {
    const isAgain = contents.length > 0
    for (const content of contents.splice(0)) content.settle('dropped')
    let look = await lookUpOne(fs, path, [], signal)
    const began = fs.clock.monotonic()
    demandPreconditions(look.only, options)
    const file = fileAt(look.only)
    const before = file && (await contentOf(fs, path, file.head, signal))
    const bytes = await orAborted(() => next(before, file), signal, 'edit')
    const incoming = await fs.content.receive(bytes, signal)
    contents.push(incoming)
    const isLate = fs.clock.monotonic() - began > freshForMs
    if (isLate || isAgain || seemsKnown(fs, incoming, file)) {
      look = await lookUpOne(fs, path, [incoming], signal)
      if (fileAt(look.only)?.etag !== file?.etag) return { again: true }
    }
    const planned = await finishPlan(fs, [toItem(incoming)], { ...look, resolved: [look.only] }, options)
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
