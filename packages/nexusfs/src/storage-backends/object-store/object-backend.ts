import { isNexusError, NexusError, type Outcome } from '../../core/errors.ts'
import { InFlightCalls } from '../../engine-kit/in-flight-calls.ts'
import { mapBounded } from '../../engine-kit/parallel.ts'
import { checkBlobKey, checkPut, checkRange, resolveListLimit, wrongSize } from '../../storage/check-call.ts'
import {
  type BlobBody,
  type BlobPage,
  type BlobStat,
  blobKeyPattern,
  type CallOptions,
  type GetOptions,
  type ListOptions,
  type PutOptions,
  type StorageBackend,
  type StorageBackendInfo,
  storagePortVersion,
} from '../../storage/storage-backend.ts'
import type { ObjectClient, ObjectLimits } from './object-client.ts'
import { ObjectReader } from './object-reader.ts'
import { type ObjectTimeouts, type RetriedCall, Retries, type RetryPlan, type Traffic } from './retries.ts'
import { uploadBody } from './upload.ts'

/** What an object store is made of. */
export interface ObjectBackendParts {
  /** As in the name of a combination. */
  readonly name: string
  readonly client: ObjectClient
  /** What every object key begins with. */
  readonly prefix: string
  /** For people; never with a secret. */
  readonly location: string
  readonly retry?: RetryPlan | undefined
}

/** What the options of every object store have. */
export interface ObjectOptions {
  readonly prefix?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What tests of a backend set. */
export interface ObjectTuning {
  readonly limits?: Partial<ObjectLimits> | undefined
  readonly retry?: Omit<RetryPlan, 'timeouts'> | undefined
}

/** What answered. */
export interface ObjectProbe {
  readonly location: string
  /** One request, in milliseconds. */
  readonly rttMs: number
}

/** Two requests within 5 seconds. */
export const probeTimeouts: ObjectTimeouts = { attempt: 2_500, call: 2_500 }

/** A request takes as long as some hundred KiB, and is paid for: chunks are four times as long as on a disk. */
const preferredChunkBytes = 4_194_304

/** The largest piece of a stream. */
const pieceBytes = 1_048_576

/**
 * A storage backend over any object store: one object a blob, under a common prefix. Adapters extend it with how they are opened; what
 * differs between stores is their `ObjectClient`.
 */
export class ObjectBackend implements StorageBackend, AsyncDisposable {
  readonly info: StorageBackendInfo
  readonly #client: ObjectClient
  readonly #prefix: string
  readonly #retries: Retries
  readonly #calls = new InFlightCalls()
  readonly #readers = new Set<ObjectReader>()
  #closing: Promise<void> | undefined

  protected constructor({ name, client, prefix, location, retry }: ObjectBackendParts) {
    this.#client = client
    this.#prefix = prefix
    this.#retries = new Retries(retry)
    this.info = {
      name,
      portVersion: storagePortVersion,
      durability: 'replicated',
      isShared: true,
      location,
      limits: { blobBytes: client.limits.blobBytes },
      preferredChunkBytes,
      // An object cannot be renamed: it would be copied, at the price of a second upload.
      capabilities: { staging: false },
    }
  }

  /** Requests sent so far, retries among them. */
  get traffic(): Traffic {
    return this.#retries.traffic
  }

  /** A put whose answer was lost, or that was cancelled late, may still have stored the whole blob. */
  put(key: string, body: BlobBody, options: PutOptions): Promise<void> {
    return this.#calls.run('storage.put', options.signal, async () => {
      checkBlobKey(key)
      checkPut(options, this.info.limits.blobBytes)
      if (body instanceof Uint8Array && body.length !== options.size) throw wrongSize(options.size, body.length)
      const parts = { client: this.#client, retries: this.#retries, background: this.#calls.background.bind(this.#calls) }
      await uploadBody(parts, this.#prefix + key, body, options, this.#call('storage.put', options, { key, outcome: 'unknown' }))
    })
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#calls.run('storage.get', options.signal, async () => {
      const reader = this.#reader('storage.get', key, options)
      try {
        return await collect(reader, key)
      } finally {
        reader.cancel()
      }
    })
  }

  async *stream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const operation = 'storage.stream'
    const { signal } = options
    this.#calls.refuseIfEnded(operation, signal)
    const reader = this.#reader(operation, key, options)
    this.#readers.add(reader)
    try {
      await this.#calls.run(operation, signal, () => reader.open())
      while (true) {
        const piece = await this.#calls.run(operation, signal, () => reader.next())
        if (piece === undefined) return
        for (let at = 0; at < piece.length; at += pieceBytes) yield new Uint8Array(piece.subarray(at, at + pieceBytes))
      }
    } finally {
      this.#readers.delete(reader)
      reader.cancel()
    }
  }

  stat(keys: readonly string[], options: CallOptions = {}): Promise<readonly (BlobStat | undefined)[]> {
    return this.#calls.run('storage.stat', options.signal, async () => {
      keys.forEach(checkBlobKey)
      return mapBounded(keys, (key) =>
        this.#retries.run(this.#call('storage.stat', options, { key }), (request) =>
          this.#client.stat(this.#prefix + key, request),
        ),
      )
    })
  }

  delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    return this.#calls.run('storage.delete', options.signal, async () => {
      keys.forEach(checkBlobKey)
      const batches = inBatches([...new Set(keys)], this.#client.limits.deleteKeys)
      await mapBounded(batches, (batch) => this.#deleteBatch(batch, options))
    })
  }

  list(options: ListOptions = {}): Promise<BlobPage> {
    return this.#calls.run('storage.list', options.signal, async () => this.#list(options, resolveListLimit(options)))
  }

  /** Streams that nobody reads from at this moment are cut off. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * One request that changes nothing: the bucket is there, and may be listed.
   * @throws {NexusError} what the store says
   */
  protected async ping(signal: AbortSignal | undefined): Promise<void> {
    const operation = 'storage.open'
    const options = { prefix: this.#prefix, after: undefined, limit: 1 }
    await this.#calls.run(operation, signal, () =>
      this.#retries.run(this.#call(operation, { signal }), (request) => this.#client.list(options, request)),
    )
  }

  /** How long a request takes on a connection that is there. */
  protected async measure(signal: AbortSignal | undefined): Promise<ObjectProbe> {
    await this.ping(signal)
    const began = performance.now()
    await this.ping(signal)
    return { location: this.info.location, rttMs: performance.now() - began }
  }

  /**
   * Removes every blob, and the parts of uploads that were never completed. For a namespace that nobody else uses.
   * @throws {NexusError} InvalidArgument without a prefix
   */
  protected async removeAll(): Promise<void> {
    const operation = 'storage.drop'
    if (this.#prefix === '') {
      throw new NexusError('InvalidArgument', `${operation}: ${this.info.location} is a whole bucket`, {
        advice: 'name a prefix in it',
      })
    }
    for (let after: string | undefined; ; ) {
      const page = await this.list({ after })
      await this.delete(page.blobs.map(({ key }) => key))
      if (page.next === undefined) break
      after = page.next
    }
    const call = this.#call(operation, {}, { outcome: 'unknown' })
    await this.#calls.run(operation, undefined, () =>
      this.#retries.run(call, (request) => this.#client.dropUploads(this.#prefix, request)),
    )
  }

  #reader(operation: string, key: string, options: GetOptions): ObjectReader {
    checkBlobKey(key)
    checkRange(options.range)
    return new ObjectReader(
      this.#client,
      this.#retries,
      this.#prefix + key,
      options.range,
      this.#call(operation, options, { key }),
    )
  }

  /** Keys that fail are tried again by themselves; a failure that will not pass is told first. */
  #deleteBatch(keys: readonly string[], options: CallOptions): Promise<void> {
    let left = keys.map((key) => this.#prefix + key)
    return this.#retries.run(this.#call('storage.delete', options, { outcome: 'unknown' }), async (request) => {
      const failed = await this.#client.delete(left, request)
      if (failed.length === 0) return
      left = failed.map(({ key }) => key)
      const errors = failed.map(({ key, error }) => {
        const ours = key.slice(this.#prefix.length)
        return this.#client.toNexusError(error, { operation: 'storage.delete', key: ours })
      })
      throw errors.find(({ retry }) => retry === 'never') ?? errors[0]
    })
  }

  /** What is under the prefix and has no blob's key was put there by somebody else: it is passed over. */
  async #list({ prefix = '', after, signal }: ListOptions, limit: number): Promise<BlobPage> {
    const call = this.#call('storage.list', { signal })
    for (let last = after === undefined || after === '' ? undefined : this.#prefix + after; ; ) {
      const options = { prefix: this.#prefix + prefix, after: last, limit }
      const { objects, hasMore } = await this.#retries.run(call, (request) => this.#client.list(options, request))
      const stray = objects.find(({ key }) => !key.startsWith(options.prefix))
      if (stray !== undefined)
        throw new NexusError('Unexpected', `storage.list: the service listed a key outside ${this.info.location}`)
      const blobs = objects.map(({ key, size }) => ({ key: key.slice(this.#prefix.length), size }))
      const ours = blobs.filter(({ key }) => blobKeyPattern.test(key))
      last = objects.at(-1)?.key
      if (!hasMore || last === undefined) return { blobs: ours }
      if (ours.length > 0) return { blobs: ours, next: blobs.at(-1)?.key }
    }
  }

  #call(
    operation: string,
    { signal }: CallOptions,
    { key, outcome }: { readonly key?: string; readonly outcome?: Outcome } = {},
  ): RetriedCall {
    const toNexusError = (error: unknown): NexusError =>
      isNexusError(error) ? error : this.#client.toNexusError(error, { operation, key })
    return { operation, signal, outcome, toNexusError }
  }

  async #close(): Promise<void> {
    await this.#calls.close()
    for (const reader of this.#readers) reader.cancel()
    this.#client.close()
  }
}

async function collect(reader: ObjectReader, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const whole = allocate(await reader.open(), key)
  let at = 0
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function allocate(bytes: number, key: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes)
  } catch (cause) {
    const what = `storage.get: no memory for the ${bytes} bytes of ${key}`
    throw new NexusError('Unavailable', what, { advice: 'use stream', cause, retry: 'never' })
  }
}

function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))
}
