import { fromBinaryText } from '../../core/bytes.ts'
import type { SqlDatabase, SqlStatement } from './driver.ts'
import { checksumOf, storedKey } from './stored-row.ts'

/** The statements that change entries. */
export class EntryWriter {
  readonly #put: SqlStatement
  readonly #delete: SqlStatement

  constructor(database: SqlDatabase) {
    this.#put = database.prepare(
      `INSERT INTO entries (k, r, v, c) VALUES (?, ?, ?, ?)
       ON CONFLICT (k) WHERE k IS NOT NULL DO UPDATE SET r = excluded.r, v = excluded.v, c = excluded.c`,
    )
    this.#delete = database.prepare('DELETE FROM entries WHERE k = ?')
  }

  put(column: string, revision: number, value: string | Uint8Array): void {
    const key = storedKey(column)
    const bytes = typeof value === 'string' ? fromBinaryText(value) : value
    this.#put.run(key, revision, bytes, checksumOf(key, revision, bytes))
  }

  delete(column: string): void {
    this.#delete.run(storedKey(column))
  }
}
