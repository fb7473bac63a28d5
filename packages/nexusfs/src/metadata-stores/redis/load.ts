import { randomBytes } from 'node:crypto'
import { binaryText, fromBinaryText } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { loadBatches } from '../../engine-kit/load-batches.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { deadlineWithin, type RedisClient } from './client.ts'
import { beginLoadScript, endLoadScript, loadScript, unloadScript } from './load-script.ts'
import { PackedWriter, packValue } from './packed-writer.ts'
import { asNumber, asText, type Reply } from './reply.ts'
import type { RedisScript } from './script.ts'

const operation = 'metadata.load'
const batchEntries = 1_000
const batchBytes = 1_048_576

/**
 * Fills an empty store in steps, each one script. While it runs everybody else is refused. After an error what was loaded is removed;
 * if that fails too, or the process dies, the store stays refused until it is dropped.
 */
export class RedisLoad {
  readonly #client: RedisClient
  readonly #signal: AbortSignal | undefined
  readonly #token: Buffer = Buffer.from(randomBytes(16).toString('hex'))
  readonly #groups = new Set<string>()

  constructor(client: RedisClient, signal: AbortSignal | undefined) {
    this.#client = client
    this.#signal = signal
  }

  async run(entries: AsyncIterable<MetadataEntry>): Promise<void> {
    const [verdict] = await this.#step(beginLoadScript, empty)
    if (asText(verdict) === 'full') throw notEmpty(this.#client.place.location)
    try {
      const insert = (batch: readonly MetadataEntry[]): Promise<void> => this.#insert(batch)
      await loadBatches(entries, { entries: batchEntries, bytes: batchBytes, signal: this.#signal, insert })
    } catch (error) {
      await this.#undo().catch(ignore)
      throw error
    }
    await this.#step(endLoadScript, empty)
  }

  async #insert(batch: readonly MetadataEntry[]): Promise<void> {
    const packed = new PackedWriter()
    packed.uint32(batch.length)
    for (const entry of batch) {
      this.#groups.add(binaryText(entry.key.group))
      pack(packed, entry)
    }
    await this.#step(loadScript, packed.finish())
  }

  async #undo(): Promise<void> {
    for (const group of this.#groups) {
      let left = 1
      while (left > 0) {
        const [, answer] = await this.#step(unloadScript, Buffer.from(fromBinaryText(group)), undefined)
        left = asNumber(answer)
      }
    }
    await this.#step(endLoadScript, empty, undefined)
  }

  /** Every step has the deadline of a call of its own; a step whose answer is lost fails the load. */
  async #step(script: RedisScript, input: Buffer, signal: AbortSignal | undefined = this.#signal): Promise<readonly Reply[]> {
    const call = deadlineWithin(this.#client.place, operation, signal)
    const connection = await this.#client.connection(call)
    return call.race(this.#client.run(connection, operation, script, [input, this.#token]), () => 'unknown')
  }
}

const empty = Buffer.alloc(0)

function pack(target: PackedWriter, { key, revision, value }: MetadataEntry): void {
  target.short(key.group)
  target.short(key.item)
  target.uint64(revision)
  packValue(target, key, value)
}

function notEmpty(location: string): NexusError {
  const text = `${operation}: ${location} holds entries`
  return new NexusError('AlreadyExists', text, { advice: 'load into an empty store', operation, outcome: 'none' })
}

function ignore(): void {}
