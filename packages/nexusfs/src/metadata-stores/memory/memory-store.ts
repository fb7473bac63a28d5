import type { Revision } from '../../core/revision.ts'
import type { Clock } from '../../core/system.ts'
import { EventLoopYield } from '../../engine-kit/event-loop.ts'
import { InFlightCalls } from '../../engine-kit/in-flight-calls.ts'
import type { StopListening } from '../../engine-kit/listeners.ts'
import { loadBatches } from '../../engine-kit/load-batches.ts'
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
import { MemoryData } from './memory-data.ts'

/** For `MemoryStore.open`. */
export interface MemoryStoreOptions {
  /** Clients of this process that open the same name see the same entries. Default: data of its own. */
  readonly name?: string | undefined
  /** Where `time` in replies comes from. Default: the clock of this host. */
  readonly clock?: Pick<Clock, 'now'> | undefined
}

/**
 * A metadata store in the memory of this process: durability `none`. For tests, scratch data and as the measure of what the layers
 * above cost. Keys and values are kept as given, not copied: the port forbids both sides to change them.
 */
export class MemoryStore implements MetadataStore {
  static readonly #named = new Map<string, MemoryData>()

  readonly info: MetadataStoreInfo
  readonly #data: MemoryData
  readonly #clock: Pick<Clock, 'now'>
  readonly #turns = new EventLoopYield()
  readonly #watches = new Set<StopListening>()
  readonly #calls = new InFlightCalls()

  /** Opens the data of a name, or data of its own; with a name, it keeps its entries until `drop`, also while nobody has it open. */
  static async open(options: MemoryStoreOptions = {}): Promise<MemoryStore> {
    const { name } = options
    if (name === undefined) return new MemoryStore(new MemoryData(), options)
    const data = MemoryStore.#named.get(name) ?? new MemoryData()
    MemoryStore.#named.set(name, data)
    return new MemoryStore(data, options)
  }

  /** Forgets the data of a name: who opens the name next finds it empty. Clients that have it open keep what they see. */
  static drop(name: string): void {
    MemoryStore.#named.delete(name)
  }

  private constructor(data: MemoryData, { name, clock }: MemoryStoreOptions) {
    this.#data = data
    this.#clock = clock ?? { now: Date.now }
    this.info = {
      name: 'memory',
      portVersion: metadataPortVersion,
      durability: 'none',
      isShared: false,
      location: `memory:${name ?? ''}`,
      preferredInlineBytes: 131_072,
      capabilities: { watch: true },
      settings: {},
    }
  }

  async read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    this.#check('metadata.read', options)
    checkReadRequest(request)
    const reply = {
      get: request.get?.map((key) => this.#data.get(key)) ?? [],
      scan: request.scan?.map((scan) => this.#data.scan(scan)) ?? [],
      time: Math.floor(this.#clock.now()),
    }
    if (this.#turns.isOverdue()) await this.#turns.next()
    return reply
  }

  async commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    this.#check('metadata.commit', options)
    checkCommits(commits)
    const results = commits.map((commit) => this.#data.commit(commit))
    if (this.#turns.isOverdue()) await this.#turns.next()
    return results
  }

  async horizon(options?: StoreCallOptions): Promise<Revision> {
    this.#check('metadata.horizon', options)
    return this.#data.last
  }

  async raiseEpoch(options?: StoreCallOptions): Promise<Revision> {
    this.#check('metadata.raiseEpoch', options)
    return this.#data.raiseEpoch()
  }

  async watch(listener: () => void, options?: StoreCallOptions): Promise<Watch> {
    this.#check('metadata.watch', options)
    const stop = this.#data.listeners.add(listener)
    this.#watches.add(stop)
    return {
      close: async () => {
        stop()
        this.#watches.delete(stop)
      },
    }
  }

  /** Interrupted, or after any error, it has loaded nothing. */
  async load(entries: AsyncIterable<MetadataEntry>, options?: StoreCallOptions): Promise<void> {
    this.#check('metadata.load', options)
    await this.#calls.track('metadata.load', () => this.#load(entries, options?.signal))
  }

  async close(): Promise<void> {
    this.#calls.end()
    for (const stop of this.#watches) stop()
    await this.#calls.close()
    // Calls that wait for the next turn of the event loop have asked for it before.
    await this.#turns.next()
  }

  async #load(entries: AsyncIterable<MetadataEntry>, signal: AbortSignal | undefined): Promise<void> {
    this.#data.checkEmpty()
    const loaded: MetadataEntry[] = []
    const insert = (batch: readonly MetadataEntry[]): void => void loaded.push(...batch)
    await loadBatches(entries, { entries: 1_000, bytes: Number.POSITIVE_INFINITY, signal, insert })
    this.#data.load(loaded)
  }

  #check(operation: string, options: StoreCallOptions | undefined): void {
    this.#calls.refuseIfEnded(operation, options?.signal)
  }
}
