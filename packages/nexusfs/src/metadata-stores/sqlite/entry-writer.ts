import { lastRevisionColumn } from './column-text.ts'
import type { SqlDatabase, SqlStatement } from './driver.ts'

/** The statements that change entries. */
export class EntryWriter {
  readonly #put: SqlStatement
  readonly #delete: SqlStatement
  readonly #replace: SqlStatement

  constructor(database: SqlDatabase) {
    const columns = 'INTO entries (k, r, v) VALUES (?, ?, ?)'
    this.#put = database.prepare(`INSERT ${columns} ON CONFLICT (k) DO UPDATE SET r = excluded.r, v = excluded.v`)
    this.#replace = database.prepare(`INSERT OR REPLACE ${columns}`)
    this.#delete = database.prepare('DELETE FROM entries WHERE k = ?')
  }

  put(column: string, revision: number, value: string | Uint8Array): void {
    this.#put.run(column, revision, value)
  }

  /** The row of the last revision moves to the end with each group, among the rows just written: it costs no page of its own. */
  putLastRevision(revision: number): void {
    this.#replace.run(lastRevisionColumn, revision, '')
  }

  delete(column: string): void {
    this.#delete.run(column)
  }
}
