import type { SqlDatabase, SqlStatement } from './driver.ts'

/** The statements that change entries; a large value gets a row of its own, which the triggers of the schema remove again. */
export class EntryWriter {
  readonly #put: SqlStatement
  readonly #insertLarge: SqlStatement
  readonly #putLarge: SqlStatement
  readonly #delete: SqlStatement

  constructor(database: SqlDatabase) {
    const orReplace = 'ON CONFLICT (k) DO UPDATE SET r = excluded.r, v = excluded.v'
    this.#put = database.prepare(`INSERT INTO entries (k, r, v) VALUES (?, ?, ?) ${orReplace}`)
    this.#insertLarge = database.prepare('INSERT INTO large_values (value) VALUES (?)')
    this.#putLarge = database.prepare(`INSERT INTO entries (k, r, v) VALUES (?, ?, last_insert_rowid()) ${orReplace}`)
    this.#delete = database.prepare('DELETE FROM entries WHERE k = ?')
  }

  put(column: string, revision: number, value: string | Uint8Array): void {
    if (typeof value === 'string') {
      this.#put.run(column, revision, value)
    } else {
      this.#insertLarge.run(value)
      this.#putLarge.run(column, revision)
    }
  }

  delete(column: string): void {
    this.#delete.run(column)
  }
}
