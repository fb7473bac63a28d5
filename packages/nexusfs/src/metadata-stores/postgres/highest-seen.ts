import { NexusError } from '../../core/errors.ts'
import { type Revision, revisionZero } from '../../core/revision.ts'

/**
 * The highest revision that a client knows to be durable: a server that is below it has gone back in time. A number that was only drawn
 * does not count, since a server that is killed before it flushes its log may draw it a second time, and nothing was lost then.
 */
export class HighestSeen {
  readonly #location: string
  #revision: Revision = revisionZero
  #verdict: NexusError | undefined

  constructor(location: string) {
    this.#location = location
  }

  get revision(): Revision {
    return this.#revision
  }

  /** @param revision of a commit that was acknowledged, or whose entries a read has found */
  saw(revision: Revision): void {
    if (revision > this.#revision) this.#revision = revision
  }

  /**
   * @param last revision that the server had drawn when it answered
   * @param before what was known when it was asked
   * @throws {NexusError} Corrupt, reason `rolled back`
   */
  check(operation: string, last: Revision, before: Revision): void {
    if (last >= before) return
    const what = `the server has gone back in time: it is at revision ${last}, and was at ${before}`
    const context = { reason: 'rolled back', revision: last, seen: before }
    throw this.found(
      new NexusError('Corrupt', `${operation}: ${what}, at ${this.#location}`, {
        advice: rolledBackAdvice,
        outcome: 'none',
        operation,
        context,
      }),
    )
  }

  /** Keeps that the server has gone back: other processes may push its counter past what this one knows, which proves nothing. */
  found(verdict: NexusError): NexusError {
    this.#verdict ??= verdict
    return this.#verdict
  }

  /**
   * @throws {NexusError} Corrupt, reason `rolled back`, if the server was found to have gone back, until `confirm`
   */
  refuseIfBack(): void {
    if (this.#verdict !== undefined) throw this.#verdict
  }

  /** The older state is to be used, from this revision on. */
  confirm(raised: Revision): void {
    this.#verdict = undefined
    this.saw(raised)
  }
}

export const rolledBackAdvice =
  'connect to its newest copy; if that is lost, confirm the older state with raiseEpoch(), or `nexus epoch raise`'
