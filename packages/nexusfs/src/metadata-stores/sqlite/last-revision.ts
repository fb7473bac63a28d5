import { type Revision, revisionZero, toRevision } from '../../core/revision.ts'
import { lastRevisionColumn } from './column-text.ts'
import type { SqlDatabase, SqlStatement } from './driver.ts'

/**
 * The last revision of the store, as one connection knows it. `PRAGMA data_version` tells in 2 us whether any other connection has
 * committed since it was last asked; only then is the row read again.
 */
export class LastRevision {
  readonly #dataVersion: SqlStatement
  readonly #row: SqlStatement
  #seenVersion: unknown
  #revision: Revision = revisionZero

  constructor(database: SqlDatabase) {
    this.#dataVersion = database.prepare('PRAGMA data_version')
    this.#row = database.prepare('SELECT r FROM entries WHERE k = ?')
  }

  /** The last revision if nobody else has committed since `refresh`; else `undefined`. */
  ifUnchanged(): Revision | undefined {
    return this.#dataVersion.get()?.[0] === this.#seenVersion ? this.#revision : undefined
  }

  /** The last revision of the transaction that is open; only there are version and row of one snapshot. */
  refresh(): Revision {
    const version = this.#dataVersion.get()?.[0]
    if (version === this.#seenVersion) return this.#revision
    this.#revision = toRevision(Number(this.#row.get(lastRevisionColumn)?.[0] ?? 0))
    this.#seenVersion = version
    return this.#revision
  }

  /** Tells of a commit made through this same connection, which its data version does not show. */
  wrote(revision: Revision): void {
    this.#revision = revision
  }
}
