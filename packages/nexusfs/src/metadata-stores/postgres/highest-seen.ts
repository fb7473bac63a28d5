import { NexusError } from '../../core/errors.ts'
import { type Revision, revisionZero } from '../../core/revision.ts'

/** The highest revision that a client knows to have been issued: a server that is below it has gone back in time. */
export class HighestSeen {
  readonly #location: string
  #revision: Revision = revisionZero

  constructor(location: string) {
    this.#location = location
  }

  get revision(): Revision {
    return this.#revision
  }

  saw(revision: Revision): void {
    if (revision > this.#revision) this.#revision = revision
  }

  /**
   * @param last revision that the server had drawn when it answered
   * @param before what was known when it was asked
   * @throws {NexusError} Corrupt, reason `rolled back`
   */
  check(operation: string, last: Revision, before: Revision): void {
    if (last >= before) {
      this.saw(last)
      return
    }
    const what = `the server has gone back in time: it is at revision ${last}, and was at ${before}`
    throw new NexusError('Corrupt', `${operation}: ${what}, at ${this.#location}; ${rolledBackFix}`, {
      operation,
      context: { reason: 'rolled back', outcome: 'none', revision: last, seen: before },
    })
  }
}

export const rolledBackFix = 'connect to its newest copy; if that is lost, confirm the older state with raiseEpoch()'
