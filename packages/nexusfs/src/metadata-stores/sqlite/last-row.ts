import { readUint64, uint64 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'
import type { SqlDatabase, SqlStatement } from './driver.ts'
import { checkedRow, checksumOf } from './stored-row.ts'

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
