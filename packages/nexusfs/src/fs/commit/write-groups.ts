import type { IncomingContent } from '../../content/incoming-content.ts'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import type { NexusPath } from '../../core/path.ts'
import type { FileEntry } from '../model/entry.ts'
import type { WriteOptions } from '../model/options.ts'
import type { FsContext } from './context.ts'
import type { FileWrite } from './file-writes.ts'
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
    throwIfAborted(signal, 'write', 'none')
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

/** A write or an append that can share a commit with others of the same path. */
export interface GroupedWrite {
  readonly options: WriteOptions
  /** The bytes of its own, which a commit has room for. */
  readonly size: number
  /** The content as it comes in; absent where it depends on the version before. */
  readonly incoming?: IncomingContent | undefined
  /** The new content after the version before. The array is not changed any more. */
  next?(before: Uint8Array | undefined): Uint8Array
  toItem(incoming: IncomingContent): FileWrite
  /** The same, in a commit of its own. */
  alone(): Promise<FileEntry>
}

/** `waiting`: nothing is done for it; `planned`: a commit is being made that it is part of; `committing`: that may be applied. */
type Phase = 'waiting' | 'planned' | 'committing'

/** A write that waits for its turn, and for the commit that it becomes part of. Its caller may cancel all the time. */
export class WaitingWrite {
  readonly write: GroupedWrite
  readonly told: Promise<FileEntry>
  /** What it brings in by `next`, in the attempt under way. */
  readonly contents: IncomingContent[] = []
  phase: Phase = 'waiting'
  #isTold = false
  readonly #resolvers = Promise.withResolvers<FileEntry>()
  /** Called when its caller cancels. */
  onCancel: (() => void) | undefined

  constructor(write: GroupedWrite) {
    this.write = write
    this.told = this.#resolvers.promise
    write.options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** False once its caller knows what became of it, or will be told that it was cancelled. */
  get isWanted(): boolean {
    return !this.#isTold && this.write.options.signal?.aborted !== true
  }

  succeed(entry: FileEntry): void {
    this.#end('kept')
    this.#resolvers.resolve(entry)
  }

  /** @param outcome what is known of the content that it brought in */
  fail(error: unknown, outcome: 'dropped' | 'unresolved' = 'dropped'): void {
    if (this.#isTold) return
    this.#end(outcome)
    this.#resolvers.reject(error)
  }

  /** What the attempt before brought in is of no use any more. The caller who cancelled while it was made is told. */
  startAttempt(): void {
    for (const content of this.contents.splice(0)) content.settle('dropped')
    this.phase = 'waiting'
    if (this.write.options.signal?.aborted) this.#cancel()
  }

  /** Goes alone; from now on the signal is looked after there. */
  async goAlone(): Promise<void> {
    this.startAttempt()
    if (this.#isTold) return
    this.#forget()
    try {
      this.succeed(await this.write.alone())
    } catch (error) {
      this.fail(error)
    }
  }

  readonly #onAbort = (): void => {
    if (this.phase !== 'planned') this.#cancel()
    this.onCancel?.()
  }

  #cancel(): void {
    const mayBeApplied = this.phase === 'committing'
    const when = mayBeApplied ? ' during a commit, which may or may not have been applied' : ''
    const outcome = mayBeApplied ? 'unknown' : 'none'
    const cause: unknown = this.write.options.signal?.reason
    const error = new NexusError('Aborted', `write: cancelled by the caller${when}`, { operation: 'write', outcome, cause })
    this.fail(error, mayBeApplied ? 'unresolved' : 'dropped')
  }

  #end(outcome: 'kept' | 'dropped' | 'unresolved'): void {
    if (this.#isTold) return
    this.#isTold = true
    this.#forget()
    for (const content of this.contents.splice(0)) content.settle(outcome)
  }

  #forget(): void {
    this.write.options.signal?.removeEventListener('abort', this.#onAbort)
  }
}
