import { randomBytes } from 'node:crypto'
import { binaryText, fromBinaryText } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import { checkReadRequest } from '../../metadata/check-request.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { Call } from './call.ts'
import { callWithin, type RedisClient } from './client.ts'
import { beginLoadScript, endLoadScript, loadScript, unloadScript } from './load-script.ts'
import { packValue } from './pack-commit.ts'
import { PackedWriter } from './packed-writer.ts'
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
      await this.#fill(entries)
    } catch (error) {
      await this.#undo().catch(ignore)
      throw error
    }
    await this.#step(endLoadScript, empty)
  }

  async #fill(entries: AsyncIterable<MetadataEntry>): Promise<void> {
    let batch = new PackedWriter()
    let count = 0
    for await (const entry of entries) {
      new Call(operation, 1, this.#signal).refuseIfAborted()
      checkEntry(entry)
      this.#groups.add(binaryText(entry.key.group))
      pack(batch, entry)
      count += 1
      if (count < batchEntries && batch.length < batchBytes) continue
      await this.#step(loadScript, withCount(count, batch))
      batch = new PackedWriter()
      count = 0
    }
    if (count > 0) await this.#step(loadScript, withCount(count, batch))
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
    const call = callWithin(this.#client.place, operation, signal)
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

function withCount(count: number, batch: PackedWriter): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(count)
  return Buffer.concat([head, batch.finish()])
}

function checkEntry(entry: MetadataEntry): void {
  checkReadRequest({ get: [entry.key] })
  if (entry.value.length <= limits.valueBytes) return
  throw new NexusError('InvalidArgument', `metadata: a value of ${entry.value.length} bytes`, {
    advice: `at most ${limits.valueBytes}`,
  })
}

function notEmpty(location: string): NexusError {
  const text = `${operation}: ${location} holds entries`
  return new NexusError('AlreadyExists', text, { advice: 'load into an empty store', operation, outcome: 'none' })
}

function ignore(): void {}
