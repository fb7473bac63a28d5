import type { IncomingContent } from '../../content/incoming-content.ts'
import { NexusError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import type { NexusPath } from '../../core/path.ts'
import { logRowsOf } from '../commit/commit-plan.ts'
import type { FsContext } from '../commit/context.ts'
import type { FileWrite } from '../commit/file-writes.ts'
import { mutate, nothingApplied, settling } from '../commit/mutation.ts'
import { attemptOf, fileAt, lookUpOne, planWrites } from '../commit/plan-writes.ts'
import type { FileEntry } from '../model/entry.ts'
import type { BatchWrite, CommitOptions, ParentOptions, WriteOptions } from '../model/options.ts'
import { takeWrites } from '../model/take-options.ts'
import { parseFilePath, requirePreconditions } from '../resolve/expect-path.ts'
import { ownBytes } from './own-bytes.ts'
import { piecesOfBody, type StreamBody } from './streams.ts'

export async function write(
  fs: FsContext,
  path: string,
  content: string | Uint8Array,
  options: WriteOptions,
): Promise<FileEntry> {
  const target = parseFilePath(path)
  const bytes = ownBytes(content, fs.content.bodies)
  const toItem = fileWrite(target, options)
  const incoming = await fs.content.receive(bytes, options.signal).catch(nothingApplied)
  return writeIncoming(fs, target, incoming, toItem, options)
}

/** Content of any length, stored while it comes; the file changes in one commit at its end. */
export async function writeStream(fs: FsContext, path: string, body: StreamBody, options: WriteOptions): Promise<FileEntry> {
  const target = parseFilePath(path)
  const { signal } = options
  const toItem = fileWrite(target, options)
  const pieces = piecesOfBody(body, signal)
  await refuseEarly(fs, target, options).catch(nothingApplied)
  const incoming = await fs.content.receiveStream(pieces, signal).catch(nothingApplied)
  return writeIncoming(fs, target, incoming, toItem, options)
}

/** What would be refused in the end is refused before anything is uploaded; a digest as precondition may be met by then. */
async function refuseEarly(fs: FsContext, target: NexusPath, options: WriteOptions): Promise<void> {
  if (typeof options.ifMatch === 'object' && 'digest' in options.ifMatch) return
  const { resolved } = await lookUpOne(fs, target, [], options.signal)
  requirePreconditions(resolved, options)
  fileAt(resolved)
}

function writeIncoming(
  fs: FsContext,
  target: NexusPath,
  incoming: IncomingContent,
  toItem: (incoming: IncomingContent) => FileWrite,
  options: WriteOptions,
): Promise<FileEntry> {
  const alone = (): Promise<FileEntry> =>
    mutate(fs, options, async () => {
      const planned = await planWrites(fs, [toItem(incoming)], options)
      return attemptOf(planned, (revision) => planned.entry(target, revision))
    })
  const grouped = { options, size: incoming.size, incoming, toItem, alone }
  return settling([incoming], () => fs.groups.take(fs, target, [target], grouped))
}

export async function writeBatch(
  fs: FsContext,
  writes: readonly BatchWrite[],
  options: CommitOptions & ParentOptions,
): Promise<readonly FileEntry[]> {
  const owned = takeWrites(writes).map((each) => {
    const path = parseFilePath(each.path)
    return { path, toItem: fileWrite(path, each), bytes: ownBytes(each.content, fs.content.bodies) }
  })
  checkBatch(owned.map(({ bytes }) => bytes))
  if (owned.length === 0) return []
  const contents = await receiveAll(
    fs,
    owned.map(({ bytes }) => bytes),
    options.signal,
  )
  return settling([...new Set(contents)], () =>
    mutate(fs, options, async () => {
      const items = owned.flatMap(({ toItem }, index) => (contents[index] ? [toItem(contents[index])] : []))
      const planned = await planWrites(fs, items, options)
      return attemptOf(planned, (revision) => owned.map(({ path }) => planned.entry(path, revision)))
    }),
  )
}

/**
 * Content of equal digest is taken in once: the later ones give way to the first.
 * @throws {NexusError} Aborted; then nothing is kept
 */
async function receiveAll(
  fs: FsContext,
  owned: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<readonly IncomingContent[]> {
  const first = new Map<string, IncomingContent>()
  const received: IncomingContent[] = []
  try {
    for (const bytes of owned) {
      const incoming = await fs.content.receive(bytes, signal).catch(nothingApplied)
      const known = first.get(incoming.digest)
      if (known === undefined) first.set(incoming.digest, incoming)
      else incoming.settle('dropped')
      received.push(known ?? incoming)
    }
    return received
  } catch (error) {
    for (const incoming of first.values()) incoming.settle('dropped')
    throw error
  }
}

/** A write with these options, once its content is there. */
export function fileWrite(
  path: NexusPath,
  options: Omit<BatchWrite, 'path' | 'content'>,
): (incoming: IncomingContent) => FileWrite {
  const { ifMatch, ifNoneMatch, mode, executable, modifiedAt } = options
  const modified = modifiedAt && { modifiedAt: checkedTime(modifiedAt) }
  return (incoming) => ({
    path,
    kind: 'write',
    content: { kind: 'incoming', incoming },
    ifMatch,
    ifNoneMatch,
    mode,
    executable,
    modified,
  })
}

function checkedTime(date: Date): number {
  const time = date.getTime()
  if (Number.isNaN(time)) throw new NexusError('InvalidArgument', 'modifiedAt is not a valid date')
  return time
}

/** Rows of other kinds in a commit: the mark of a second, and room for a few parents. */
const spareWrites = 100

/** The most that the batch can write, known before any I/O: a tiny file 2 rows, another 4. */
function checkBatch(contents: readonly Uint8Array[]): void {
  let writes = spareWrites + logRowsOf(contents.length)
  for (const { length } of contents) writes += length <= limits.tinyContentBytes ? 2 : 4
  if (writes <= limits.commitWrites) return
  throw new NexusError('InvalidArgument', `a batch of ${contents.length} files does not fit into one commit`, {
    advice: 'write at most 2,400 at once',
  })
}
