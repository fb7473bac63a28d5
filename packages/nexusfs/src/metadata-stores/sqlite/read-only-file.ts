import { lstatSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { NexusError } from '../../core/errors.ts'
import { openDatabase, probeDriver, type SqlDatabase } from './driver.ts'
import { walOutOfReach } from './errors.ts'
import { identify } from './schema.ts'

/** A change of the file shows in its times only from the next tick of the system's clock on; a younger file is waited for, in ms. */
const youngMs = 100

/** As SQLite takes them (https://sqlite.org/uri.html); the first without making or changing a `-shm`. */
const sharedWay = 'mode=ro&readonly_shm=1'
const stillWay = 'mode=ro&immutable=1'

/** How often a read is begun anew at once because somebody wrote beside it. */
const mostTries = 4

/**
 * A database that this store never writes to, nor to anything beside it. Two ways lead to what it holds:
 *
 * - *shared*: where `-wal` and `-shm` are there, SQLite reads both and sees each commit of others, as any connection does.
 * - *still*: where they are not, or the WAL is empty, the file itself is all there is. SQLite is told that it does not change (`immutable`)
 *   and uses no locks; so before and after each read the file is looked at, and what was read beside a writer is read again.
 *
 * Where the WAL holds commits and there is no `-shm` to reach them, the database is refused: without them it would be silently old.
 */
export class ReadOnlyFile {
  readonly #file: string
  /** What the file looked like before it was opened as a still one. */
  #seen: string | undefined

  constructor(file: string) {
    this.#file = file
  }

  /**
   * Opens the way that is right now. Busy, for the caller to try again, if the file was written a moment ago or its WAL is out of reach.
   * @throws {NexusError} NotFound for a database without tables; as `identify`; or what SQLite says
   */
  connect(): SqlDatabase {
    const isShared = ['-wal', '-shm'].every((suffix) => stateOf(this.#file + suffix) !== undefined)
    const shared = isShared ? this.#open(sharedWay) : undefined
    this.#seen = undefined
    if (shared !== undefined) return shared
    const still = this.#look()
    if (still === undefined) throw busy(walOutOfReach, `the WAL of ${this.#file} holds commits that cannot be read here`)
    if (isYoung(this.#file)) throw busy(5, `${this.#file} was written to a moment ago`)
    const database = this.#open(stillWay)
    if (database === undefined) throw busy(walOutOfReach, `${this.#file} cannot be read without its -shm file`)
    this.#seen = still
    return database
  }

  /** The same for SQLite's own backup. */
  get url(): URL {
    return urlOf(this.#file, this.#seen === undefined ? sharedWay : stillWay)
  }

  /** False if the file that was opened as a still one has changed, or its WAL has begun to fill. */
  get isCurrent(): boolean {
    return this.#seen === undefined || this.#seen === this.#look()
  }

  /** Reads, and reads again what a writer may have changed meanwhile. `renew` drops the connection with all that was read on it. */
  read<Result>(work: () => Result, renew: () => void): Result {
    for (let tries = 0; tries < mostTries; tries++) {
      if (!this.isCurrent) renew()
      try {
        const result = work()
        if (this.isCurrent) return result
      } catch (error) {
        if (this.isCurrent) throw error
      }
    }
    renew()
    throw busy(5, `${this.#file} is being written to`)
  }

  /** `undefined` where SQLite cannot get at the files that this way needs. */
  #open(way: string): SqlDatabase | undefined {
    const database = openDatabase(urlOf(this.#file, way))
    try {
      probeDriver(database)
      if (identify(database, this.#file) === 'empty') throw noTables(this.#file)
      database.exec('PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF')
      return database
    } catch (error) {
      database.close()
      if (isOutOfReach(error)) return undefined
      throw error
    }
  }

  /** What tells the file from itself after any write; `undefined` if it is not the whole database. */
  #look(): string | undefined {
    for (const suffix of ['-wal', '-journal']) if ((stateOf(this.#file + suffix)?.size ?? 0n) > 0n) return undefined
    const state = stateOf(this.#file)
    return state && `${state.dev} ${state.ino} ${state.size} ${state.mtimeNs} ${state.ctimeNs}`
  }
}

/** Not opened: that would drop the locks of this process. */
function stateOf(path: string): import('node:fs').BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

function isYoung(file: string): boolean {
  const age = Date.now() - Number(stateOf(file)?.mtimeMs ?? 0)
  return age >= 0 && age < youngMs
}

function urlOf(file: string, way: string): URL {
  const url = pathToFileURL(file)
  url.search = way
  return url
}

/** SQLITE_PERM, SQLITE_READONLY and SQLITE_CANTOPEN: of the files beside the database, since that itself can be read. */
function isOutOfReach(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
  return [3, 8, 14].includes(code)
}

function busy(errcode: number, message: string): Error {
  return Object.assign(new Error(message), { errcode })
}

function noTables(file: string): NexusError {
  return new NexusError('NotFound', `sqlite: ${file} holds no store, and none is made by who only reads`, {
    operation: 'sqlite.open',
    context: { path: file },
  })
}
