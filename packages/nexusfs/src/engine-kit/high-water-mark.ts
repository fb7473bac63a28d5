import type { NexusError } from '../core/errors.ts'
import { type Revision, revisionZero } from '../core/revision.ts'

/**
 * The highest revision that a client knows to be durable: a server that is below it has gone back in time. A number that was only drawn
 * does not count, since a server that is killed before it flushes its log may draw it a second time, and nothing was lost then.
 *
 * That a server has gone back is kept: other processes may push its counter past what this one knows, which proves nothing.
 */
export class HighWaterMark {
  #revision: Revision = revisionZero
  #verdict: NexusError | undefined

  get revision(): Revision {
    return this.#revision
  }

  /** @param revision of a commit that was acknowledged, or whose entries a read has found */
  raise(revision: Revision): void {
    if (revision > this.#revision) this.#revision = revision
  }

  /** Keeps that the server has gone back, and returns the first error that said so. */
  rolledBack(verdict: NexusError): NexusError {
    this.#verdict ??= verdict
    return this.#verdict
  }

  /** @throws {NexusError} what `rolledBack` was told first, until `confirm` */
  refuseIfRolledBack(): void {
    if (this.#verdict !== undefined) throw this.#verdict
  }

  /** The older state is to be used, from this revision on. */
  confirm(raised: Revision): void {
    this.#verdict = undefined
    this.raise(raised)
  }
}
