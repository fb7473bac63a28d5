import type { ReadOnlyReason } from '../../core/read-only-reason.ts'
import type { Revision } from '../../core/revision.ts'
import { connect, type DatabaseLocation } from './connection.ts'
import type { PreparedFile } from './database-file.ts'
import type { SqlDatabase, SqlStatement } from './driver.ts'
import { LastRevision, StoreClock } from './last-revision.ts'
import { SnapshotReader } from './read.ts'
import { ReadCache } from './read-cache.ts'
import { ReadOnlyFile } from './read-only-file.ts'
import { Reserve } from './reserve.ts'
import { type KnownRevisions, TransactionRunner } from './transaction.ts'

/** The event loop stands still while a group runs on the main thread. */
const groupMs = 4

/** One connection with the statements on it; thrown away whole once the connection cannot be trusted any more. */
export class Session {
  readonly database: SqlDatabase
  readonly last: LastRevision
  readonly reader: SnapshotReader
  readonly committer: TransactionRunner
  readonly #walState: SqlStatement

  constructor(connect: () => SqlDatabase, cache: ReadCache, clock: StoreClock) {
    this.database = connect()
    this.last = new LastRevision(this.database, clock)
    this.reader = new SnapshotReader(this.database, this.last, cache)
    this.committer = new TransactionRunner(this.database, cachedRevisions(this.last, cache), groupMs)
    this.#walState = this.database.prepare('PRAGMA wal_checkpoint(NOOP)')
  }

  /** The number of frames that the WAL holds; takes 3 us. */
  walFrames(): number {
    return Number(this.#walState.get()?.[1])
  }

  /** Moves the WAL into the database, if nobody is in the way, so that it begins anew; the event loop waits for it. */
  restartWal(): void {
    this.database.exec('PRAGMA wal_checkpoint(RESTART)')
  }

  /** Closes the connection, however it is. */
  close(): void {
    try {
      this.database.close()
    } catch {
      // Nothing is left to do with it: SQLite frees a closed connection even if its last write fails.
    }
  }
}

/** Expectations are answered from the cache: under the write lock, nobody can make it old. */
function cachedRevisions(last: LastRevision, cache: ReadCache): KnownRevisions {
  return {
    enter: (): Revision => {
      const revision = last.refresh()
      cache.moveTo(revision)
      return revision
    },
    beginWrites: () => last.beginWrites(),
    endWrites: (revision) => last.endWrites(revision),
    revisionOf: (column) => cache.entry(column)?.revision,
    committed: (revision) => last.wrote(revision),
  }
}

/** The session in use; a dropped one is followed by a new one when it is next needed. */
export class Sessions {
  readonly #open: () => Session
  #session: Session | undefined

  constructor(first: Session, open: () => Session) {
    this.#session = first
    this.#open = open
  }

  /** Throws what SQLite throws if the database cannot be opened again. */
  get current(): Session {
    this.#session ??= this.#open()
    return this.#session
  }

  drop(): void {
    this.#session?.close()
    this.#session = undefined
  }
}

/** What a store is put together from. */
export interface StoreParts {
  readonly location: DatabaseLocation
  readonly readOnly: ReadOnlyReason | undefined
  /** Where nothing is written. */
  readonly readOnlyFile: ReadOnlyFile | undefined
  /** Where something is written. */
  readonly reserve: Reserve | undefined
  readonly cache: ReadCache
  readonly clock: StoreClock
  readonly open: () => Session
}

/** The database is not opened yet. */
export function storeParts({ file, readOnly }: PreparedFile, durability: 'disk' | 'os', cacheBytes: number): StoreParts {
  const location = { file, durability }
  const readOnlyFile = readOnly === undefined ? undefined : new ReadOnlyFile(file)
  const reserve = readOnly === undefined ? new Reserve(file) : undefined
  const [cache, clock] = [new ReadCache(cacheBytes), new StoreClock()]
  const open = (): Session => new Session(() => readOnlyFile?.connect() ?? connect(location), cache, clock)
  return { location, readOnly, readOnlyFile, reserve, cache, clock, open }
}
