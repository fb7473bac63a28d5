import { limits } from '../core/limits.ts'
import type { NexusPath } from '../core/path.ts'
import { refuseIfAborted } from '../engine-kit/deadline.ts'
import type { FsContext } from './context.ts'
import type { FileEntry } from './entry.ts'
import { type GroupedWrite, WaitingWrite } from './waiting-write.ts'
import { commitTogether } from './write-round.ts'

/** So many writes, and so many bytes of their own, share a commit at most. */
const mostWrites = 64
const mostBytes = 4 * 1024 * 1024

/** Writes of one path that wait for the same turn, with the same author, reason and parents. */
interface Group {
  readonly kind: string
  readonly first: GroupedWrite
  readonly waiting: WaitingWrite[]
  bytes: number
}

/**
 * Lets writers of one path in one process take turns. A writer whose turn is free goes alone, at once. Those who have to wait, and come one
 * after the other with the same author, reason and parents, go together when it is their turn: one look, and one commit with a version
 * for each.
 */
export class WriteGroups {
  /** The last group of a path, as long as it waits. */
  readonly #open = new Map<NexusPath, Group>()

  /**
   * @param names of the turns that the write needs, from the outside in
   * @throws {NexusError} Aborted, outcome none, if the caller cancels while it waits; what writing throws
   */
  take(fs: FsContext, path: NexusPath, names: readonly string[], write: GroupedWrite): Promise<FileEntry> {
    const { signal } = write.options
    const isFree = !this.#open.has(path) && !names.some((name) => fs.turns.isTaken(name))
    if (isFree || !canShare(fs, write)) {
      if (!isFree) this.#open.delete(path)
      return inTurn(fs, names, () => write.alone(), signal)
    }
    refuseIfAborted(signal, 'write')
    const kind = names.join()
    const last = this.#open.get(path)
    if (last !== undefined && last.kind === kind && hasRoom(last, write)) return add(last, write)
    const group: Group = { kind, first: write, waiting: [], bytes: 0 }
    this.#open.set(path, group)
    const told = add(group, write)
    const run = async (): Promise<void> => {
      if (this.#open.get(path) === group) this.#open.delete(path)
      await commitTogether(fs, path, group.waiting)
    }
    void inTurn(fs, names, run, undefined)
    return told
  }
}

function inTurn<T>(fs: FsContext, names: readonly string[], work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const [name, ...inner] = names
  return name === undefined ? work() : fs.turns.run(name, () => inTurn(fs, inner, work, signal), signal)
}

function add(group: Group, write: GroupedWrite): Promise<FileEntry> {
  const waiting = new WaitingWrite(write)
  group.waiting.push(waiting)
  group.bytes += write.size
  return waiting.told
}

/** Content that goes to the storage backend has uploads of its own; a digest as precondition may leave nothing to do. */
function canShare(fs: FsContext, { size, options: { ifMatch } }: GroupedWrite): boolean {
  const isSmall = size <= Math.max(fs.inlineBytes, limits.tinyContentBytes)
  return isSmall && (typeof ifMatch !== 'object' || !('digest' in ifMatch))
}

function hasRoom({ first, waiting, bytes }: Group, { size, options }: GroupedWrite): boolean {
  const { author, reason, parents } = first.options
  const isAlike = author === options.author && reason === options.reason && parents === options.parents
  return isAlike && waiting.length < mostWrites && bytes + size <= mostBytes
}
