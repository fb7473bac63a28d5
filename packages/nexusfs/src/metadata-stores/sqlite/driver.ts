import { NexusError } from '../../core/errors.ts'

/** What this adapter needs of an SQLite driver: any synchronous one fits behind these five calls. */
export interface SqlDatabase {
  exec(sql: string): void
  prepare(sql: string): SqlStatement
  close(): void
}

/** A prepared statement; every call runs it to its end, so that it never holds a snapshot open. */
export interface SqlStatement {
  run(...parameters: readonly SqlValue[]): void
  /** All rows, each as an array of columns. */
  all(...parameters: readonly SqlValue[]): readonly SqlRow[]
  /** The first row. */
  get(...parameters: readonly SqlValue[]): SqlRow | undefined
}

export type SqlValue = string | number | Uint8Array | null
export type SqlRow = readonly unknown[]

/** Older versions have a race between a checkpoint and a commit that can corrupt a WAL database (SQLite release notes, 3.51.3). */
const leastVersion = [3, 51, 3] as const

/**
 * Opens a file with the SQLite built into Node; a URL (https://sqlite.org/uri.html) for reading only.
 * @throws {NexusError} MissingDependency if this Node has no SQLite, or one older than 3.51.3
 */
export function openDatabase(path: string | URL): SqlDatabase {
  const sqlite = loadSqlite()
  const database = new sqlite.DatabaseSync(path, {
    timeout: 0,
    enableForeignKeyConstraints: false,
    readOnly: typeof path !== 'string',
  })
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql)
      statement.setReturnArrays(true)
      return {
        run: (...parameters) => {
          statement.run(...parameters)
        },
        all: (...parameters) => rows(statement.all(...parameters)),
        get: (...parameters) => {
          const found: unknown = statement.get(...parameters)
          return Array.isArray(found) ? found : undefined
        },
      }
    },
  }
}

/** `setReturnArrays` makes each row an array, which the driver's types do not tell. */
function rows(found: readonly unknown[]): readonly SqlRow[] {
  return found as readonly SqlRow[]
}

/**
 * The SQLite built into this Node.
 * @throws {NexusError} MissingDependency if there is none, or one that is too old
 */
export function loadSqlite(): typeof import('node:sqlite') {
  const sqlite = process.getBuiltinModule('node:sqlite')
  if (sqlite === undefined) {
    throw new NexusError('MissingDependency', `sqlite: Node ${process.versions.node} has no node:sqlite`, {
      advice: 'run Node 24.15 or later',
    })
  }
  checkSqliteVersion(process.versions.sqlite ?? '0')
  return sqlite
}

/**
 * @throws {NexusError} MissingDependency below 3.51.3
 */
export function checkSqliteVersion(version: string): void {
  const parts = version.split('.').map(Number)
  for (const [index, least] of leastVersion.entries()) {
    const part = parts[index] ?? 0
    if (part > least) return
    if (part < least) {
      const needed = leastVersion.join('.')
      throw new NexusError('MissingDependency', `sqlite: SQLite ${version} is too old, ${needed} is needed`, {
        advice: 'run Node 24.15 or later',
        context: { version, needed },
      })
    }
  }
}
