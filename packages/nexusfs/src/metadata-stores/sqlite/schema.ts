import { NexusError } from '../../core/errors.ts'
import type { SqlDatabase } from './driver.ts'
import { transact } from './transaction.ts'

/** "NXFS": written into the header of the file, where `file` and other tools look for it. */
const applicationId = 0x4e584653

/** Version of the tables below; any other is refused. */
const schemaVersion = 2

/**
 * `entries`: `k` is the key (see stored-row.ts), `r` the revision, `v` the value, `c` the checksum. Rows lie in the order
 * in which they were written, and an index finds them by key: new rows then share the pages at the end, whatever their keys. With rows
 * in the order of their keys, a commit writes a quarter more. The statements are in the order of the names that they make.
 */
const tables = [
  'CREATE TABLE entries (k BLOB, r INTEGER NOT NULL, v BLOB NOT NULL, c INTEGER NOT NULL) STRICT',
  'CREATE UNIQUE INDEX entries_by_key ON entries (k) WHERE k IS NOT NULL',
] as const
const marks = [`PRAGMA application_id = ${applicationId}`, `PRAGMA user_version = ${schemaVersion}`] as const

export type Identity = 'empty' | 'ours'

/**
 * Whose database it is; changes nothing.
 * @throws {NexusError} InvalidConfig if it belongs to another program, Unsupported if a newer version wrote it, Corrupt if the tables
 * are not those that this version makes
 */
export function identify(database: SqlDatabase, location: string): Identity {
  return transact(database, 'BEGIN', 'COMMIT', () => identityIn(database, location))
}

/** In one transaction: of three snapshots the first may be from before another process made the tables. */
function identityIn(database: SqlDatabase, location: string): Identity {
  const owner = numberOf(database, 'PRAGMA application_id')
  const version = numberOf(database, 'PRAGMA user_version')
  const objects = numberOf(database, 'SELECT count(*) FROM sqlite_schema')
  if (owner === 0 && objects === 0) return 'empty'
  if (owner !== applicationId) {
    throw new NexusError('InvalidConfig', `sqlite: ${location} is a database of another program, or its first page is damaged`, {
      advice: 'name another file, or restore a backup',
      operation: 'sqlite.open',
      context: { path: location },
    })
  }
  if (version !== schemaVersion) {
    const advice =
      version > schemaVersion
        ? 'install a newer Nexus, or restore a backup if the first page is damaged'
        : 'only versions that were never released wrote it: make a new one'
    throw new NexusError(
      'Unsupported',
      `sqlite: ${location} has schema version ${version}, this Nexus knows version ${schemaVersion}`,
      { advice, operation: 'sqlite.open', context: { path: location, version } },
    )
  }
  requireTables(database, location)
  return 'ours'
}

/** A page of the schema that lost a bit can name other columns, or another table, without SQLite calling it malformed. */
function requireTables(database: SqlDatabase, location: string): void {
  const there = database.prepare(`SELECT sql FROM sqlite_schema WHERE name IN ('entries', 'entries_by_key') ORDER BY name`).all()
  if (there.length === tables.length && there.every(([sql], index) => sql === tables[index])) return
  throw new NexusError('Corrupt', `sqlite: the tables of ${location} are not those that Nexus made`, {
    advice: 'restore the database from a backup',
    operation: 'sqlite.open',
    context: { path: location },
  })
}

/** Makes the tables, unless another process was faster. */
export function createSchema(database: SqlDatabase, location: string): void {
  transact(database, 'BEGIN IMMEDIATE', 'COMMIT', () => {
    if (identityIn(database, location) === 'empty') database.exec([...tables, ...marks].join(';\n'))
  })
}

function numberOf(database: SqlDatabase, sql: string): number {
  return Number(database.prepare(sql).get()?.[0])
}
