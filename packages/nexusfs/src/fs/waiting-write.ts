import type { IncomingContent } from '../content/incoming-content.ts'
import { NexusError } from '../core/errors.ts'
import type { FileEntry } from './entry.ts'
import type { WriteOptions } from './options.ts'
import type { FileWrite } from './write-plan.ts'

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
