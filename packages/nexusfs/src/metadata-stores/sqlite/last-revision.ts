import { readUint64, uint64 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { type Revision, revisionZero } from '../../core/revision.ts'
import type { SqlDatabase, SqlStatement } from './driver.ts'
import { checkedRow, checksumOf } from './stored-row.ts'

/**
 * The last revision of the store, as one connection knows it. `PRAGMA data_version` tells in 3 us whether any other connection has
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

/** What the store was at after its last commit. */
export interface LastState {
  readonly revision: Revision
  /** By the clock of the process that committed, in ms since 1970. */
  readonly time: number
}

const noKey = new Uint8Array(0)

/**
 * The row of the last revision: the one without a key, and always the last of the table. It moves there with each group, among the rows
 * just written, and is in no index: so it costs no page of its own.
 */
export class LastRow {
  readonly #select: SqlStatement
  readonly #delete: SqlStatement
  readonly #insert: SqlStatement

  constructor(database: SqlDatabase) {
    this.#select = database.prepare('SELECT k, r, v, c FROM entries ORDER BY rowid DESC LIMIT 1')
    this.#delete = database.prepare('DELETE FROM entries WHERE rowid = (SELECT max(rowid) FROM entries) AND k IS NULL')
    this.#insert = database.prepare('INSERT INTO entries (k, r, v, c) VALUES (NULL, ?, ?, ?)')
  }

  /**
   * Absent in a store without a commit.
   * @throws {NexusError} Corrupt if the last row is another: revisions would be given twice
   */
  read(): LastState | undefined {
    const row = this.#select.get()
    if (row === undefined) return undefined
    const [k, r, v, c] = row
    if (k !== null)
      throw new NexusError('Corrupt', 'sqlite: the database has lost its last revision', { advice: 'restore it from a backup' })
    const { revision, value } = checkedRow(noKey, r, v, c)
    return { revision, time: readUint64(value) }
  }

  /** Before the first write of a transaction. */
  remove(): void {
    this.#delete.run()
  }

  /** After the last write of a transaction. */
  append({ revision, time }: LastState): void {
    const value = uint64(time)
    this.#insert.run(revision, value, checksumOf(noKey, revision, value))
  }
}

/**
 * The time of a store: whole milliseconds since 1970 on the clock of this host, but never below what was told before, by this process
 * or, through the row of the last revision, by any other that has committed.
 */
export class StoreClock {
  #latest = 0

  now(): number {
    this.#latest = Math.max(this.#latest, Date.now())
    return this.#latest
  }

  /** Another process was at this time when it committed. */
  raise(time: number): void {
    this.#latest = Math.max(this.#latest, time)
  }
}
