import { type Revision, revisionZero } from '../../core/revision.ts'
import type { SqlDatabase, SqlStatement } from './driver.ts'
import { LastRow } from './last-row.ts'
import type { StoreClock } from './store-clock.ts'

/**
 * The last revision of the store, as one connection knows it. `PRAGMA data_version` tells in 2 us whether any other connection has
 * committed since it was last asked; only then is the row read again.
 */
export class LastRevision {
  readonly #dataVersion: SqlStatement
  readonly #row: LastRow
  readonly #clock: StoreClock
  #seenVersion: unknown
  #revision: Revision = revisionZero

  constructor(database: SqlDatabase, clock: StoreClock) {
    this.#dataVersion = database.prepare('PRAGMA data_version')
    this.#row = new LastRow(database)
    this.#clock = clock
  }

  /** The last revision if nobody else has committed since `refresh`; else `undefined`. */
  ifUnchanged(): Revision | undefined {
    return this.#dataVersion.get()?.[0] === this.#seenVersion ? this.#revision : undefined
  }

  /** The last revision of the transaction that is open; only there are version and row of one snapshot. */
  refresh(): Revision {
    const version = this.#dataVersion.get()?.[0]
    if (version === this.#seenVersion) return this.#revision
    const last = this.#row.read()
    this.#clock.raise(last?.time ?? 0)
    this.#revision = last?.revision ?? revisionZero
    this.#seenVersion = version
    return this.#revision
  }

  /** Before the first write of a transaction on this connection. */
  beginWrites(): void {
    this.#row.remove()
  }

  /** After the last one. */
  endWrites(revision: Revision): void {
    this.#row.append({ revision, time: this.#clock.now() })
  }

  /** Tells of a commit made through this same connection, which its data version does not show. */
  wrote(revision: Revision): void {
    this.#revision = revision
  }
}
