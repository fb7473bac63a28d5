import { ClassicLevel } from 'classic-level'
import type { Commit, CommitResult, ErrorCode, MetadataEntry, MetadataStore, ReadRequest, Revision, Scan } from 'nexusfs'
import { checkCommits, checkReadRequest, InFlightCalls, keyText, metadataPortVersion, NexusError } from 'nexusfs/adapter-kit'
import { CommitGroup } from './commit-group.ts'
import { type Database, entryOf, lastRevisionKey, revisionOf, scannedKey, storedRange, storedValue } from './stored-entry.ts'

/** A metadata store in a LevelDB database, which one client at a time can open. */
export class LevelStore implements MetadataStore {
  readonly info: MetadataStore['info']
  readonly #database: Database
  readonly #calls = new InFlightCalls(toNexusError)
  #last: Revision
  /** The calls that the next batch will commit, and its results. */
  readonly #waiting: (readonly Commit[])[] = []
  #batch: Promise<readonly (readonly CommitResult[])[]> | undefined
  /** Writers take turns; this is the end of the last one's. */
  #turn: Promise<unknown> = Promise.resolve()

  /** Opens the database in that folder, and makes both if need be. `disk` syncs every batch, `os` does not. */
  static async open(path: string, durability: 'disk' | 'os' = 'disk'): Promise<LevelStore> {
    const database: Database = new ClassicLevel(path, { valueEncoding: 'view' })
    try {
      await database.open()
      const last = await database.get(lastRevisionKey)
      return new LevelStore(database, durability, revisionOf(last ?? new Uint8Array(8)))
    } catch (error) {
      throw toNexusError(error, 'metadata.open')
    }
  }

  private constructor(database: Database, durability: 'disk' | 'os', last: Revision) {
    this.#database = database
    this.#last = last
    this.info = {
      name: 'level',
      portVersion: metadataPortVersion,
      durability,
      isShared: false,
      location: database.location,
      preferredInlineBytes: 16_384,
      capabilities: { watch: false },
      settings: {},
    }
  }

  readonly read: MetadataStore['read'] = (request, { signal } = {}) =>
    this.#calls.run('metadata.read', signal, () => this.#read(request))

  readonly commit: MetadataStore['commit'] = (commits, { signal } = {}) =>
    this.#calls.run('metadata.commit', signal, () => this.#commit(commits))

  /** Commits are serial: nothing older than the last one is still running. */
  readonly horizon: MetadataStore['horizon'] = ({ signal } = {}) =>
    this.#calls.run('metadata.horizon', signal, async () => this.#last)

  readonly load: MetadataStore['load'] = (entries, { signal } = {}) =>
    this.#calls.run('metadata.load', signal, () => this.#inTurn(() => this.#load(entries, signal)))

  async close(): Promise<void> {
    await this.#calls.close()
    await this.#database.close()
  }

  /** The snapshot is taken at once, so that it holds every commit that was acknowledged before the call. */
  async #read(request: ReadRequest) {
    checkReadRequest(request)
    const { get = [], scan = [] } = request
    const snapshot = this.#database.snapshot()
    try {
      const stored = await this.#database.getMany(get.map(keyText), { snapshot })
      const pages = await Promise.all(scan.map((wanted) => this.#page(wanted, snapshot)))
      return { get: get.map((key, index) => stored[index] && entryOf(key, stored[index])), scan: pages, time: Date.now() }
    } finally {
      await snapshot.close()
    }
  }

  async #page(scan: Scan, snapshot: ReturnType<Database['snapshot']>) {
    const { group, limit, reverse = false } = scan
    const found = await this.#database.iterator({ ...storedRange(scan), reverse, limit: limit + 1, snapshot }).all()
    const entries = found.slice(0, limit).map(([key, stored]) => entryOf(scannedKey(group, key), stored))
    return { entries, hasMore: found.length > limit }
  }

  /** Calls that come while a batch goes to disk share the next one. */
  async #commit(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    checkCommits(commits)
    const index = this.#waiting.push(commits) - 1
    this.#batch ??= this.#inTurn(() => this.#writeBatch())
    return (await this.#batch)[index] ?? []
  }

  async #writeBatch(): Promise<readonly (readonly CommitResult[])[]> {
    const lists = this.#waiting.splice(0)
    this.#batch = undefined
    const group = new CommitGroup(this.#database, this.#last)
    const results: (readonly CommitResult[])[] = []
    for (const commits of lists) results.push(await group.addAll(commits))
    this.#last = await group.write(this.info.durability === 'disk')
    return results
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** In memory first, then in one batch: all entries are loaded, or none. */
  async #load(entries: AsyncIterable<MetadataEntry>, signal: AbortSignal | undefined): Promise<void> {
    const [first] = await this.#database.keys({ gt: lastRevisionKey, limit: 1 }).all()
    if (first !== undefined)
      throw new NexusError('AlreadyExists', 'level: load fills an empty store', { advice: 'this one holds entries' })
    const batch = this.#database.batch()
    let highest = this.#last
    for await (const { key, value, revision } of entries) {
      signal?.throwIfAborted()
      checkCommits([{ expect: [], writes: [{ kind: 'put', key, value }] }])
      batch.put(keyText(key), storedValue(revision, value))
      if (revision > highest) highest = revision
    }
    await batch.put(lastRevisionKey, storedValue(highest)).write({ sync: true })
    this.#last = highest
  }
}

/** What the codes of LevelDB mean to the layers above. */
const meanings: Readonly<Record<string, readonly [code: ErrorCode, what: string, advice: string]>> = {
  LEVEL_LOCKED: ['Unavailable', 'another client has the database open', 'close that one'],
  LEVEL_CORRUPTION: ['Corrupt', 'the database is damaged', 'restore a backup'],
  LEVEL_IO_ERROR: ['Unavailable', 'the disk refuses it', 'look at its space, rights and health'],
}

/** The one translation of what the engine throws; when it fails to open, the reason is the cause. */
function toNexusError(error: unknown, operation: string): NexusError {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const engineCode = reason instanceof Error && 'code' in reason ? String(reason.code) : ''
  const [code, what, advice] = meanings[engineCode] ?? ['Unexpected', String(reason)]
  return new NexusError(code, `${operation}: ${what}`, { advice, operation, cause: error })
}
