import { ClassicLevel } from 'classic-level'
import type { Commit, CommitResult, MetadataEntry, MetadataStore, ReadRequest, Revision, Scan } from 'nexusfs'
import {
  checkCommits,
  checkReadRequest,
  errnoOf,
  GroupQueue,
  InFlightCalls,
  KeyedMutex,
  keyText,
  loadBatches,
  metadataPortVersion,
  NexusError,
  toRevision,
  translator,
} from 'nexusfs/adapter-kit'
import { CommitGroup } from './commit-group.ts'
import { type Database, entryOf, lastRevisionKey, revisionOf, scannedKey, storedRange, storedValue } from './stored-entry.ts'

/** A metadata store in a LevelDB database, which one client at a time can open. */
export class LevelStore implements MetadataStore {
  readonly info: MetadataStore['info']
  readonly #database: Database
  readonly #calls = new InFlightCalls((error, operation) => translate(error, { operation }))
  #last: Revision
  /** Batches and loads, one at a time. */
  readonly #writers = new KeyedMutex({ operation: 'metadata.commit' })
  /** Calls that come while a batch goes to disk share the next one. */
  readonly #commits = new GroupQueue<Commit, CommitResult>({
    operation: 'metadata.commit',
    lanes: 1,
    room: () => () => true,
    schedule: queueMicrotask,
    send: async (group) => ({ kind: 'done', results: await this.#writers.run('', () => this.#writeBatch(group.take())) }),
  })

  /** Opens the database in that folder, and makes both if need be. `disk` syncs every batch, `os` does not. */
  static async open(path: string, durability: 'disk' | 'os' = 'disk'): Promise<LevelStore> {
    const database: Database = new ClassicLevel(path, { valueEncoding: 'view' })
    try {
      await database.open()
      const last = await database.get(lastRevisionKey)
      return new LevelStore(database, durability, revisionOf(last ?? new Uint8Array(8)))
    } catch (error) {
      throw translate(error, { operation: 'metadata.open' })
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
    this.#calls.run('metadata.load', signal, () => this.#writers.run('', () => this.#load(entries, signal)))

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

  async #commit(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    checkCommits(commits)
    return commits.length === 0 ? [] : this.#commits.add(commits, undefined)
  }

  async #writeBatch(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    const group = new CommitGroup(this.#database, this.#last)
    const results = await group.addAll(commits)
    this.#last = await group.write(this.info.durability === 'disk')
    return results
  }

  /** In memory first, then in one batch: all entries are loaded, or none. */
  async #load(entries: AsyncIterable<MetadataEntry>, signal: AbortSignal | undefined): Promise<void> {
    const [first] = await this.#database.keys({ gt: lastRevisionKey, limit: 1 }).all()
    if (first !== undefined)
      throw new NexusError('AlreadyExists', 'level: load fills an empty store', { advice: 'this one holds entries' })
    const batch = this.#database.batch()
    const insert = (entries: readonly MetadataEntry[]): void => {
      for (const { key, value, revision } of entries) batch.put(keyText(key), storedValue(revision, value))
    }
    const loaded = await loadBatches(entries, { entries: 1_000, bytes: 4_194_304, signal, insert })
    const highest = toRevision(Math.max(loaded, this.#last))
    await batch.put(lastRevisionKey, storedValue(highest)).write({ sync: true })
    this.#last = highest
  }
}

/** What the codes of LevelDB mean to the layers above; when it fails to open, the reason is the cause. */
const translate = translator(
  {
    LEVEL_LOCKED: { code: 'Unavailable', summary: 'another client has the database open', advice: 'close that one' },
    LEVEL_CORRUPTION: { code: 'Corrupt', summary: 'the database is damaged', advice: 'restore a backup' },
    LEVEL_IO_ERROR: { code: 'Unavailable', summary: 'the disk refuses it', advice: 'look at its space, rights and health' },
  },
  (error) => errnoOf(error instanceof Error && error.cause instanceof Error ? error.cause : error),
)
