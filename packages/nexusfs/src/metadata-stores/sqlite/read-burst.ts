import type { Revision } from '../../core/revision.ts'
import type { LastRevision } from './last-revision.ts'

/**
 * Reads that were begun together. They share one look at the database, which takes longer than the rest of a read from memory: it is made
 * after the last of them was begun, and so sees whatever was acknowledged before any of them.
 */
export class ReadBurst {
  /** Ends once all that begin in the same turn have joined. */
  readonly gathered: Promise<void> = Promise.resolve()
  #seen: { readonly revision: Revision | undefined } | undefined

  /** True once it has looked: a read that begins now would be too late for it. */
  get isOver(): boolean {
    return this.#seen !== undefined
  }

  /** The last revision if nobody else had committed when this burst looked; else `undefined`. */
  ifUnchanged(last: LastRevision): Revision | undefined {
    this.#seen ??= { revision: last.ifUnchanged() }
    return this.#seen.revision
  }
}

/** The burst that reads join as they begin. */
export class ReadBursts {
  #open = new ReadBurst()

  join(): ReadBurst {
    if (this.#open.isOver) this.#open = new ReadBurst()
    return this.#open
  }
}
