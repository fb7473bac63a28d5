import { throwIfAborted } from '../../core/errors.ts'
import { readOnlyError } from '../../core/read-only-reason.ts'
import type { Revision } from '../../core/revision.ts'
import { EventLoopYield } from '../../engine-kit/event-loop.ts'
import { InFlightCalls } from '../../engine-kit/in-flight-calls.ts'
import { checkCommits, checkReadRequest } from '../../metadata/check-request.ts'
import {
  type Commit,
  type CommitResult,
  type MetadataEntry,
  type MetadataStore,
  type MetadataStoreInfo,
  metadataPortVersion,
  type ReadReply,
  type ReadRequest,
  type StoreCallOptions,
  type Watch,
} from '../../metadata/metadata-store.ts'
import { copyDatabase, raiseEpoch } from './admin.ts'
import { Checkpointer, framesOf } from './checkpointer.ts'
import { CommitQueue, CommitRunner } from './commit.ts'
import { connect, type DatabaseLocation, settingsOf } from './connection.ts'
import { prepareDatabaseFile } from './database-file.ts'
import { loadSqlite } from './driver.ts'
import { faultError, faultOf, isBusy, toNexusError, whileBusy } from './errors.ts'
import type { StoreClock } from './last-revision.ts'
import { loadEntries } from './load.ts'
import type { SqliteStoreOptions } from './options.ts'
import type { SnapshotReader } from './read.ts'
import { type ReadBurst, ReadBursts } from './read-burst.ts'
import type { ReadCache } from './read-cache.ts'
import type { ReadOnlyFile } from './read-only-file.ts'
import { inReserve, type Reserve, withReserve } from './reserve.ts'
import { type Session, Sessions, type StoreParts, storeParts } from './session.ts'
import { FileWatch, RevisionWatch } from './watch.ts'

export type { WorkerMode } from './commit.ts'
export type { SqliteStoreOptions } from './options.ts'

/**
 * Up to here a value costs less in the database than as a file of its own beside a small commit
 * (docs/decisions/sqlite-commit-path.md).
 */
const preferredInlineBytes = 131_072

/** How long who only reads waits at open for a writer to bring its files in order, in ms. */
const readOnlyWaitMs = 1_000

/**
 * A metadata store in one SQLite file, through the SQLite built into Node: no server, no dependency. Several processes, and several
 * stores of one process, may open one file. See README.md for what each option costs.
 */
export class SqliteStore implements MetadataStore {
  readonly info: MetadataStoreInfo
  readonly #location: DatabaseLocation
  /** Where nothing is written. */
  readonly #readOnlyFile: ReadOnlyFile | undefined
  readonly #busyTimeoutMs: number
  readonly #fileWatch: FileWatch
  /** Absent where nothing is written. */
  readonly #reserve: Reserve | undefined
  #reserving: Promise<void> | undefined
  readonly #cache: ReadCache
  readonly #clock: StoreClock
  readonly #sessions: Sessions
  readonly #runner: CommitRunner
  readonly #queue: CommitQueue
  readonly #watch: RevisionWatch
  readonly #checkpointer: Checkpointer
  readonly #turns = new EventLoopYield()
  readonly #bursts = new ReadBursts()
  readonly #calls = new InFlightCalls()
  #closing: Promise<void> | undefined

  /**
   * Opens the database, and makes it if need be; for reading only (`info.readOnly`) where it cannot be written.
   * @throws {NexusError} NotFound (no file and `create` is false or `readOnly` true, or no folder), PermissionDenied, ReadOnly (no
   * file on a medium that takes no writes, or one whose WAL cannot be read there), InvalidConfig (a symbolic
   * link, or a database of another program), Unsupported (written by a newer Nexus), Corrupt, NoSpace, Unavailable (locked by
   * another process), MissingDependency (this Node has no SQLite or too old a one)
   * @example
   * await using store = await SqliteStore.open({ path: './meta.db' })
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const {
      path,
      durability = 'disk',
      create = true,
      readOnly = false,
      cacheBytes = 16_777_216,
      timeouts: { call: busyTimeoutMs = 10_000 } = {},
    } = options
    // Before a file is made that nothing could use.
    loadSqlite()
    const prepared = prepareDatabaseFile(path, { create, readOnly, isDurable: durability === 'disk' })
    const parts = storeParts(prepared, durability, cacheBytes)
    const timeoutMs = prepared.readOnly === undefined ? busyTimeoutMs : Math.min(busyTimeoutMs, readOnlyWaitMs)
    const first = await withReserve(parts.reserve, () => whileBusy(parts.open, { operation: 'sqlite.open', timeoutMs }))
    const store = new SqliteStore(parts, first, options)
    await store.#runner.started()
    store.#reserving = parts.reserve?.keep()
    return store
  }

  private constructor(
    { location, readOnly, readOnlyFile, reserve, cache, clock, open }: StoreParts,
    first: Session,
    options: SqliteStoreOptions,
  ) {
    const worker = readOnly === undefined ? (options.worker ?? 'auto') : 'never'
    this.#location = location
    this.#readOnlyFile = readOnlyFile
    this.#fileWatch = new FileWatch(location.file)
    this.#reserve = reserve
    this.#cache = cache
    this.#clock = clock
    this.#busyTimeoutMs = options.timeouts?.call ?? 10_000
    this.#sessions = new Sessions(first, open)
    this.#runner = new CommitRunner(location, this.#sessions, this.#fileWatch, worker)
    this.#watch = new RevisionWatch(() => ifWell(() => this.#horizonNow()))
    this.#queue = new CommitQueue({
      run: (group) => this.#runner.run(group),
      onApplied: (base, applied, last) => {
        this.#cache.advance(base, applied, last)
        this.#watch.committed()
        this.#checkpointer.committed(framesOf(applied))
      },
      turns: this.#turns,
      busyTimeoutMs: this.#busyTimeoutMs,
    })
    this.#checkpointer = new Checkpointer({
      location,
      walFrames: () => ifWell(() => this.#sessions.current.walFrames()) ?? 0,
      pause: () => this.#queue.pause(),
      resume: () => this.#queue.resume(),
    })
    this.info = {
      name: 'sqlite',
      portVersion: metadataPortVersion,
      durability: location.durability,
      isShared: true,
      location: location.file,
      localPaths: ['', '-wal', '-shm', '-journal', '-reserve'].map((suffix) => location.file + suffix),
      preferredInlineBytes,
      readOnly,
      capabilities: { watch: true, backup: true, witness: true },
      settings: { ...settingsOf(first.database), worker },
    }
  }

  read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    return this.#calls.track('metadata.read', () => this.#read('metadata.read', request, options))
  }

  async #read(operation: string, request: ReadRequest, options: StoreCallOptions | undefined): Promise<ReadReply> {
    throwIfAborted(options?.signal, operation, 'none')
    checkReadRequest(request)
    this.#refuseIfMoved(operation)
    const burst = this.#bursts.join()
    await burst.gathered
    if (!this.#turns.isOverdue()) {
      try {
        return this.#readNow(request, burst)
      } catch (error) {
        if (!isBusy(faultOf(error))) throw toNexusError(error, operation)
      }
    }
    return this.#later(operation, options, () => this.#readNow(request, burst))
  }

  async commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    this.#begin('metadata.commit', options)
    this.#refuseWrite('metadata.commit')
    checkCommits(commits)
    if (commits.length === 0) return []
    const results = await this.#queue.add(commits, options?.signal)
    if (options?.makesRoom !== true) return results
    return inReserve(this.#reserve, commits, results, (left) => {
      // Where the WAL begins anew, there is room in its file.
      ifWell(() => this.#sessions.current.restartWal())
      return this.#queue.add(left, options.signal)
    })
  }

  async horizon(options?: StoreCallOptions): Promise<Revision> {
    const operation = 'metadata.horizon'
    this.#begin(operation, options)
    const isOverdue = this.#turns.isOverdue()
    const known = isOverdue ? undefined : this.#lastRevision()
    return known ?? this.#calls.track(operation, () => this.#later(operation, options, () => this.#horizonNow()))
  }

  /** Commits of other processes are looked for every 25 ms. A listener is called in a turn of the event loop of its own. */
  async watch(listener: () => void, options?: StoreCallOptions): Promise<Watch> {
    this.#begin('metadata.watch', options)
    return this.#watch.add(listener)
  }

  /** One transaction: interrupted, or after any error, it has loaded nothing. */
  async load(entries: AsyncIterable<MetadataEntry>, options?: StoreCallOptions): Promise<void> {
    const operation = 'metadata.load'
    this.#begin(operation, options)
    this.#refuseWrite(operation)
    const busy = { operation, timeoutMs: this.#busyTimeoutMs, signal: options?.signal }
    await this.#calls.track(operation, () => loadEntries(() => connect(this.#location), entries, this.#turns, busy))
  }

  /** SQLite's online backup: one read transaction on a thread of libuv, beside which everybody goes on. */
  async backup(file: string, options?: StoreCallOptions): Promise<void> {
    const operation = 'metadata.backup'
    this.#begin(operation, options)
    await this.#calls.track(operation, () => copyDatabase(this.#readOnlyFile ?? this.#location.file, file, options?.signal))
  }

  /**
   * Moves the counter to the start of the next epoch, above every revision issued in this one: for a database that came back from an
   * older copy, before it is used again. Returns the new horizon.
   * @throws {NexusError} as `commit`
   */
  async raiseEpoch(options?: StoreCallOptions): Promise<Revision> {
    const operation = 'metadata.raiseEpoch'
    this.#begin(operation, options)
    this.#refuseWrite(operation)
    const busy = { operation, timeoutMs: this.#busyTimeoutMs, signal: options?.signal }
    await this.#calls.track(operation, () => raiseEpoch(() => connect(this.#location), busy))
    return this.horizon(options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#calls.end()
    this.#watch.close()
    await this.#queue.idle()
    await this.#calls.close()
    await this.#reserving
    await this.#runner.close()
    await this.#checkpointer.close()
    this.#sessions.drop()
    await this.#reserve?.keepAgain()
    this.#cache.clear()
  }

  #begin(operation: string, options: StoreCallOptions | undefined): void {
    this.#calls.refuseIfEnded(operation, options?.signal)
  }

  /** @throws {NexusError} Unavailable if the file at the path is no longer the one that is open */
  #refuseIfMoved(operation: string): void {
    const fault = this.#fileWatch.faultNowAndThen()
    if (fault !== undefined) throw faultError(fault, operation)
  }

  /** @throws {NexusError} ReadOnly, outcome none */
  #refuseWrite(operation: string): void {
    const { readOnly } = this.info
    if (readOnly !== undefined) throw readOnlyError(`${operation}: the database takes no writes`, readOnly, { operation })
  }

  #readNow(request: ReadRequest, burst: ReadBurst): ReadReply {
    const { get, scan } = this.#reading((reader) => reader.read(request, { burst, isBehind: this.#queue.isRunning }))
    return { get, scan, time: this.#clock.now() }
  }

  #horizonNow(): Revision {
    return this.#reading((reader) => reader.horizon())
  }

  #reading<Result>(work: (reader: SnapshotReader) => Result): Result {
    if (this.#readOnlyFile === undefined) return work(this.#sessions.current.reader)
    return this.#readOnlyFile.read(
      () => work(this.#sessions.current.reader),
      () => {
        this.#sessions.drop()
        this.#cache.clear()
      },
    )
  }

  /** In the next turn of the event loop, and in further ones while another connection is in the way. */
  async #later<Result>(operation: string, options: StoreCallOptions | undefined, attempt: () => Result): Promise<Result> {
    await this.#turns.next()
    return whileBusy(attempt, { operation, timeoutMs: this.#busyTimeoutMs, signal: options?.signal })
  }

  /** `undefined` while another connection is in the way. */
  #lastRevision(): Revision | undefined {
    try {
      return this.#horizonNow()
    } catch (error) {
      if (isBusy(faultOf(error))) return undefined
      throw toNexusError(error, 'metadata.horizon')
    }
  }
}

/** For what runs between calls: a connection in trouble is for the next call to report. */
function ifWell<Result>(ask: () => Result): Result | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}
