import { NexusError, type Outcome } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'
import { Deadline } from '../../engine-kit/deadline.ts'
import type { GroupQueue } from '../../engine-kit/group-queue.ts'
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
import { dropPlace, probePlace } from './admin.ts'
import { deadlineWithin, RedisClient } from './client.ts'
import { CommitPacker, packCommits, toCommitResults } from './commit.ts'
import { commitScript } from './commit-script.ts'
import { type Connection, loadClient, type RedisClientClass } from './connection.ts'
import { RedisLoad } from './load.ts'
import { type RedisStoreOptions, toRedisPlace } from './options.ts'
import { packList } from './packed-writer.ts'
import { type FoundByRead, packRead, toFound, toReadReply } from './read.ts'
import { readScript } from './read-script.ts'
import { asNumber, type Reply } from './reply.ts'
import { type PackedRequest, requestQueue } from './request-queue.ts'
import { horizonScript, type RedisScript, raiseEpochScript } from './script.ts'
import type { RedisProbe, ServerFacts } from './server-facts.ts'
import { RedisWatch } from './watch.ts'

/** Above this, a file's bytes cost more in the server's memory than a blob costs elsewhere. */
const preferredInlineBytes = 16_384

/**
 * A metadata store in Redis 6.2 or later, shared by all processes that reach it. A list of commits, and a read of any size, is one
 * script and one round trip; commits of concurrent callers travel together.
 */
export class RedisStore implements MetadataStore {
  readonly info: MetadataStoreInfo
  readonly #class: RedisClientClass
  readonly #client: RedisClient
  readonly #packer: CommitPacker
  readonly #commits: GroupQueue<PackedRequest, CommitResult>
  readonly #reads: GroupQueue<PackedRequest, FoundByRead>
  readonly #watches = new Set<RedisWatch>()
  readonly #calls = new InFlightCalls()
  /** The highest time in a reply: what commits are dated by. */
  #toldTime = 0

  /**
   * Connects, checks the server and its settings, and makes the store if there is none. Tries once.
   * @throws {NexusError} InvalidConfig for a server that may lose acknowledged commits, a bad URL or TLS; PermissionDenied for a
   * wrong password or a user without the rights; ReadOnly for a replica; Unsupported for a server that is too old or clustered;
   * Unavailable, Timeout, NotFound (`create: false`), MissingDependency, Corrupt, Aborted
   */
  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    const place = toRedisPlace(options)
    const client = await loadClient()
    const connected = new RedisClient(client, place)
    const call = new Deadline('metadata.open', Math.max(place.connectMs, place.callMs), options.signal)
    try {
      const facts = await connected.open(call, { create: options.create ?? true })
      return new RedisStore(client, connected, facts)
    } catch (error) {
      // Not awaited: an attempt that hangs ends by its own deadline.
      void connected.close()
      throw error
    }
  }

  /**
   * Offline: removes everything under the prefix, whatever its state. Looks through the whole database, in steps. Without effect if
   * there is nothing.
   * @throws {NexusError} as `open`
   */
  static async drop(options: RedisStoreOptions): Promise<void> {
    await dropPlace(await loadClient(), toRedisPlace(options), options.signal)
  }

  /**
   * Looks whether the place could be opened, without changing anything: connects, checks the server and its settings, and measures a
   * round trip.
   * @throws {NexusError} as `open`
   */
  static async probe(options: RedisStoreOptions): Promise<RedisProbe> {
    return probePlace(await loadClient(), toRedisPlace(options))
  }

  private constructor(client: RedisClientClass, connected: RedisClient, facts: ServerFacts) {
    this.#class = client
    this.#client = connected
    this.#packer = new CommitPacker(connected.place.prefix)
    const { callMs: patienceMs } = connected.place
    this.#commits = requestQueue({
      operation: 'metadata.commit',
      patienceMs,
      send: (take) => this.#sendCommits(take),
      failed: (error): CommitResult => ({ status: 'failed', error }),
    })
    this.#reads = requestQueue({ operation: 'metadata.read', patienceMs, send: (take) => this.#sendReads(take) })
    this.info = {
      name: 'redis',
      portVersion: metadataPortVersion,
      durability: facts.durability,
      isShared: true,
      location: connected.place.location,
      preferredInlineBytes,
      capabilities: { watch: true, witness: true },
      settings: { ...facts.settings, storeId: connected.storeId },
    }
  }

  async read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    const { operation, signal } = this.#begin('metadata.read', options)
    checkReadRequest(request)
    return this.#calls.track(operation, () => this.#read(request, signal))
  }

  async commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    const { operation, signal } = this.#begin('metadata.commit', options)
    checkCommits(commits)
    if (commits.length === 0) return []
    return this.#calls.track(operation, () =>
      this.#commits.add(
        commits.map((commit) => this.#packer.pack(commit)),
        signal,
      ),
    )
  }

  async horizon(options?: StoreCallOptions): Promise<Revision> {
    const call = this.#begin('metadata.horizon', options)
    const [, revision] = await this.#calls.track(call.operation, () => this.#ask(call, horizonScript, []))
    return this.#client.saw(asNumber(revision))
  }

  async watch(listener: () => void, options?: StoreCallOptions): Promise<Watch> {
    const call = this.#begin('metadata.watch', options)
    const { place, keys } = this.#client
    const watch = new RedisWatch(this.#class, place, keys.channel, listener, () => this.#watches.delete(watch))
    this.#watches.add(watch)
    await this.#calls.track(call.operation, () => watch.start(call))
    return watch
  }

  /** Interrupted, or after any error, it has loaded nothing; if the process dies, the store is refused until it is dropped. */
  async load(entries: AsyncIterable<MetadataEntry>, options?: StoreCallOptions): Promise<void> {
    const { operation } = this.#begin('metadata.load', options)
    await this.#calls.track(operation, () => new RedisLoad(this.#client, options?.signal).run(entries))
  }

  /**
   * Moves the counter to the start of the next epoch, above every revision issued in this one: for a server that was restored from
   * an older dump, before it is used again. Returns the new horizon.
   * @throws {NexusError} as `commit`
   */
  async raiseEpoch(options?: StoreCallOptions): Promise<Revision> {
    const call = this.#begin('metadata.raiseEpoch', options)
    return this.#calls.track(call.operation, () => this.#raiseEpoch(call))
  }

  async close(): Promise<void> {
    this.#calls.end()
    await Promise.all([...this.#watches].map((watch) => watch.close()))
    await this.#calls.close()
    await this.#client.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #raiseEpoch(call: Deadline): Promise<Revision> {
    const connection = await this.#client.connection(call)
    const [, revision] = await this.#answer(connection, call, raiseEpochScript, [], 'unknown')
    return this.#client.saw(asNumber(revision))
  }

  async #read(request: ReadRequest, signal: AbortSignal | undefined): Promise<ReadReply> {
    const [found] = await this.#reads.add([packRead(request)], signal)
    if (found === undefined) throw new NexusError('Unexpected', 'redis: a read without an answer')
    return toReadReply(request, found)
  }

  async #sendReads(take: () => readonly PackedRequest[]): Promise<readonly FoundByRead[]> {
    const packed = take()
    if (packed.length === 0) return []
    const call = deadlineWithin(this.#client.place, 'metadata.read', undefined)
    const reply = await this.#ask(call, readScript, [packList(packed)])
    this.#client.saw(asNumber(reply[1]))
    const found = toFound(reply)
    for (const one of found) if ('time' in one) this.#toldTime = Math.max(this.#toldTime, one.time)
    return found
  }

  /** For scripts that change nothing: one whose answer was lost with its connection is asked once more. */
  async #ask(call: Deadline, script: RedisScript, args: readonly Buffer[]): Promise<readonly Reply[]> {
    const connection = await this.#client.connection(call)
    try {
      return await this.#answer(connection, call, script, args, 'none')
    } catch (error) {
      if (connection.isOpen || call.remaining === 0 || call.signal?.aborted === true) throw error
      return this.#answer(await this.#client.connection(call), call, script, args, 'none')
    }
  }

  async #sendCommits(take: () => readonly PackedRequest[]): Promise<readonly CommitResult[]> {
    const call = deadlineWithin(this.#client.place, 'metadata.commit', undefined)
    const connection = await this.#client.connection(call)
    const packed = take()
    if (packed.length === 0) return []
    const reply = await this.#answer(connection, call, commitScript, packCommits(this.#toldTime, packed), 'unknown')
    const results = toCommitResults(reply.slice(1), call.operation)
    for (const result of results) {
      if (result.status === 'committed') this.#client.saw(result.revision)
    }
    return results
  }

  #answer(
    connection: Connection,
    call: Deadline,
    script: RedisScript,
    args: readonly Buffer[],
    outcome: Outcome,
  ): Promise<readonly Reply[]> {
    const work = this.#client.run(connection, call.operation, script, args)
    const late = (): NexusError => {
      this.#client.abandon(connection)
      return call.timeout(outcome)
    }
    return call.race(work, () => outcome, late)
  }

  #begin(operation: string, options: StoreCallOptions | undefined): Deadline {
    this.#calls.refuseIfEnded(operation, options?.signal)
    return deadlineWithin(this.#client.place, operation, options?.signal)
  }
}
