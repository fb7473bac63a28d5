import { isNexusError } from '../../core/errors.ts'
import { type Revision, revisionZero, toRevision } from '../../core/revision.ts'
import { InFlightCalls } from '../../engine-kit/in-flight-calls.ts'
import { checkCommits, checkReadRequest } from '../../metadata/check-request.ts'
import type {
  Commit,
  CommitResult,
  MetadataEntry,
  MetadataStore,
  MetadataStoreInfo,
  ReadReply,
  ReadRequest,
  StoreCallOptions,
  Watch,
} from '../../metadata/metadata-store.ts'
import { dropStore, type PostgresProbe, probeServer } from './admin.ts'
import { CommitQueue } from './commit.ts'
import type { Call, Row } from './connection.ts'
import { wentBack } from './errors.ts'
import { loadEntries } from './load.ts'
import type { PostgresOptions } from './options.ts'
import { readArguments, readReply } from './read.ts'
import { type Run, withStoreLock } from './store-lock.ts'
import { openSession, type StoreSession } from './store-session.ts'
import { StoreWatches } from './watch.ts'

/**
 * A metadata store in a schema of a PostgreSQL database, 14 or newer: shared by any number of processes. A `read` and a `commit` are
 * one round trip each; commits of one process that meet travel together.
 */
export class PostgresStore implements MetadataStore {
  readonly #session: StoreSession
  readonly #commits: CommitQueue
  readonly #watches: StoreWatches
  readonly #calls = new InFlightCalls()
  #horizon: Revision = revisionZero
  #closing: Promise<void> | undefined

  /**
   * Connects, checks that the server is fit, and makes the store if it is not there.
   * @throws {NexusError} MissingDependency without the package `pg`; InvalidConfig, PermissionDenied, Unavailable, Timeout, ReadOnly,
   * Unsupported, NotFound with what to do
   */
  static async open(options: PostgresOptions): Promise<PostgresStore> {
    return new PostgresStore(await openSession(options))
  }

  /**
   * Looks whether a store could be opened there, without changing anything: connects, checks the server, measures a round trip.
   * @throws {NexusError} as `open`
   */
  static async probe(options: PostgresOptions): Promise<PostgresProbe> {
    return probeServer(options)
  }

  /**
   * Removes the store, and its schema if nothing else is in it. An absent one is success. Nobody may have it open.
   * @throws {NexusError} as `open`
   */
  static async drop(options: PostgresOptions): Promise<void> {
    return dropStore(options)
  }

  private constructor(session: StoreSession) {
    this.#session = session
    this.#watches = new StoreWatches({
      intervalMs: session.settings.watchIntervalMs,
      listen: () => session.listen(),
      position: async () => String(await this.#call('metadata.watch', session.statements.position)),
      notify: async () => {
        await this.#call('metadata.watch', session.statements.notify, [session.channel, session.store])
      },
    })
    this.#commits = new CommitQueue(session, () => this.#watches.committed())
  }

  /** The class is the weakest that any connection has reported, since the server's settings can change. */
  get info(): MetadataStoreInfo {
    return this.#session.info
  }

  async read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    const operation = 'metadata.read'
    this.#refuse(operation, options)
    this.#session.seen.refuseIfRolledBack()
    checkReadRequest(request)
    const { statements, isPooled, settings, seen, told, info } = this.#session
    const timeoutMs = settings.callMs
    const values = readArguments(request)
    const isOfKeys = !isPooled && (request.scan ?? []).length === 0
    const call = isOfKeys
      ? { operation, timeoutMs, values: values.slice(0, 2), text: statements.readKeys, name: 'nexus_read_keys' }
      : { operation, timeoutMs, values, text: statements.read, name: 'nexus_read' }
    const before = seen.revision
    const rows = await this.#calls.run(operation, options?.signal, () => this.#rows(call))
    const { last, newest, ...reply } = readReply(request, rows)
    if (last < before) throw seen.rolledBack(wentBack(operation, info.location, last, before))
    seen.raise(newest)
    told.time = Math.max(told.time, reply.time)
    return reply
  }

  async commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    this.#refuse('metadata.commit', options)
    this.#session.seen.refuseIfRolledBack()
    checkCommits(commits)
    if (commits.length === 0) return []
    return this.#calls.track('metadata.commit', () => this.#commits.add(commits, options?.signal))
  }

  async horizon(options?: StoreCallOptions): Promise<Revision> {
    const operation = 'metadata.horizon'
    this.#refuse(operation, options)
    this.#session.seen.refuseIfRolledBack()
    const ask = (): Promise<Row> => this.#call(operation, this.#session.statements.horizon)
    const [found] = await this.#calls.run(operation, options?.signal, ask)
    // A commit that read the sequence just before another one drew its number registers below it, for a moment.
    this.#horizon = toRevision(Math.max(this.#horizon, Number(found)))
    return this.#horizon
  }

  async watch(listener: () => void, options?: StoreCallOptions): Promise<Watch> {
    return this.#calls.run('metadata.watch', options?.signal, () => this.#watches.add(listener))
  }

  /** In one transaction: interrupted, it has loaded nothing. */
  async load(entries: AsyncIterable<MetadataEntry>, options?: StoreCallOptions): Promise<void> {
    const operation = 'metadata.load'
    this.#refuse(operation, options)
    const { pool, settings, info, store } = this.#session
    const timeoutMs = settings.callMs
    const plan = { schema: settings.schema, store, location: info.location, timeoutMs, signal: options?.signal }
    await this.#calls.track(operation, () => pool.use(timeoutMs, (connection) => loadEntries(connection, entries, plan)))
  }

  /**
   * Moves the counter to the start of the next epoch, above every revision issued in this one: for a server that was restored from an
   * older copy, before it is used again. Returns the new horizon. Waits for commits under way.
   * @throws {NexusError} as `commit`
   */
  async raiseEpoch(options?: StoreCallOptions): Promise<Revision> {
    const operation = 'metadata.raiseEpoch'
    this.#refuse(operation, options)
    const { pool, settings, statements, store } = this.#session
    const { callMs: timeoutMs } = settings
    const plan = { operation, store, timeoutMs, signal: options?.signal }
    const raise = async (run: Run): Promise<Row> => (await run(statements.raiseEpoch))[0] ?? []
    const [raised] = await this.#calls.track(operation, () =>
      pool.use(timeoutMs, (connection) => withStoreLock(connection, plan, raise)),
    )
    this.#session.seen.confirm(toRevision(Number(raised)))
    return this.horizon(options)
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await this.#calls.close()
    await this.#watches.close()
    await this.#session.pool.close()
  }

  #refuse(operation: string, options: StoreCallOptions | undefined): void {
    this.#calls.refuseIfEnded(operation, options?.signal)
  }

  /** The first row. */
  async #call(operation: string, text: string, values?: readonly unknown[]): Promise<Row> {
    const timeoutMs = this.#session.settings.callMs
    const [row] = await this.#rows({ operation, text, timeoutMs, ...(values === undefined ? {} : { values }) })
    return row ?? []
  }

  /** Reads again if the connection was gone: nothing depends on how often it reads. */
  async #rows(call: Call): Promise<readonly Row[]> {
    let deadline = Number.POSITIVE_INFINITY
    for (let attempt = 1; ; attempt++) {
      const timeoutMs = Math.max(1, Math.min(call.timeoutMs, deadline - performance.now()))
      try {
        return await this.#session.pool.use(timeoutMs, (connection) => {
          // Waiting for a connection that others use does not count.
          if (attempt === 1) deadline = performance.now() + timeoutMs
          return connection.query({ ...call, timeoutMs })
        })
      } catch (error) {
        const isGone = isNexusError(error, 'Unavailable') && error.operation === call.operation
        if (!isGone || attempt >= readAttempts || performance.now() >= deadline) throw error
      }
    }
  }
}

const readAttempts = 3
