import { equalBytes } from '../../core/bytes.ts'
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

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const largestNumber = Number.MAX_SAFE_INTEGER

/** With a buffer of its own: Node 25.8 makes NULL of it, though not of `new Uint8Array(0)`. */
const emptyBuffer = new Uint8Array(new ArrayBuffer(0))

let isProbed = false

/**
 * Sends what rows are made of through the driver and back, once a process: some releases of JavaScript runtimes came with an SQLite
 * whose values do not return as they went in, and a store must not be written with them.
 * @throws {NexusError} MissingDependency
 */
export function probeDriver(database: SqlDatabase): void {
  if (isProbed) return
  const statement = database.prepare('SELECT ?, CAST(? AS INTEGER), NULL, zeroblob(0), ?')
  refuseChangedValues(statement.get(everyByte, largestNumber, emptyBuffer))
  isProbed = true
}

/** @param row of every byte, the largest number, NULL, and empty values, one of SQLite's own and one that was sent. */
export function refuseChangedValues(row: readonly unknown[] | undefined): void {
  const [bytes, number, nothing, ...empty] = row ?? []
  const isSound =
    bytes instanceof Uint8Array &&
    equalBytes(bytes, everyByte) &&
    number === largestNumber &&
    nothing === null &&
    empty.length === 2 &&
    empty.every((value) => value instanceof Uint8Array && value.length === 0)
  if (isSound) return
  throw new NexusError(
    'MissingDependency',
    `sqlite: the SQLite driver of this runtime (${runtime()}) gives values back changed, which would destroy content`,
    { advice: 'run Node 24.15 or later', operation: 'sqlite.open' },
  )
}

function runtime(): string {
  const { bun, deno, node } = process.versions
  if (bun !== undefined) return `Bun ${bun}`
  return deno === undefined ? `Node ${node}` : `Deno ${deno}`
}
