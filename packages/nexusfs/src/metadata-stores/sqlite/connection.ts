import { NexusError } from '../../core/errors.ts'
import { openDatabase, probeDriver, type SqlDatabase } from './driver.ts'
import { createSchema, identify } from './schema.ts'

/** Where the database is and what its commits promise. */
export interface DatabaseLocation {
  readonly file: string
  readonly durability: 'disk' | 'os'
}

/** Frames of 4 KiB at which a commit itself moves the WAL into the database: only if the checkpointer could not, much earlier. */
const checkpointFrames = 3_700

/** The WAL file is cut to this many bytes when it starts anew: overwriting is cheaper than growing, so it keeps its usual size. */
const walBytes = 12_582_912

/** A connection to a database that is there; makes the tables if it is new. */
export function connect(location: DatabaseLocation): SqlDatabase {
  const database = openDatabase(location.file)
  try {
    probeDriver(database)
    configure(database, location)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** The settings that decide about durability and speed, as they are in force. */
export function settingsOf(database: SqlDatabase): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {}
  for (const name of ['journal_mode', 'synchronous', 'page_size', 'wal_autocheckpoint', 'journal_size_limit', 'cache_size']) {
    settings[name] = String(database.prepare(`PRAGMA ${name}`).get()?.[0])
  }
  return { sqlite: String(database.prepare('SELECT sqlite_version()').get()?.[0]), ...settings }
}

/** A database that is not ours is refused before anything in it is changed. */
function configure(database: SqlDatabase, { file, durability }: DatabaseLocation): void {
  const identity = identify(database, file)
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.[0]
  if (mode !== 'wal') throw noWal(file, String(mode))
  database.exec(`
    PRAGMA synchronous = ${durability === 'disk' ? 'FULL' : 'NORMAL'};
    PRAGMA fullfsync = ${durability === 'disk' ? 'ON' : 'OFF'};
    PRAGMA checkpoint_fullfsync = ${durability === 'disk' ? 'ON' : 'OFF'};
    PRAGMA wal_autocheckpoint = ${checkpointFrames};
    PRAGMA journal_size_limit = ${walBytes};
    PRAGMA cache_size = -8192;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
  `)
  if (identity === 'empty') createSchema(database, file)
}

/** SQLite goes on in another mode where the file system does not let processes share memory. */
function noWal(file: string, mode: string): NexusError {
  return new NexusError(
    'Unsupported',
    `sqlite: ${file} stays in journal mode ${mode}: its file system does not take a write-ahead log`,
    { advice: 'keep the database on a local disk', operation: 'sqlite.open', context: { path: file, mode } },
  )
}
