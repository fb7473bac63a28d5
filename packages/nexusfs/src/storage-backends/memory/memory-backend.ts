import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { InFlightCalls } from '../../engine-kit/in-flight-calls.ts'
import { bodyPieces } from '../../storage/body-pieces.ts'
import { checkBlobKey, checkPut, checkRange, resolveListLimit, resolveRange } from '../../storage/check-call.ts'
import {
  type BlobBody,
  type BlobPage,
  type BlobStat,
  type CallOptions,
  type GetOptions,
  type ListOptions,
  type PutOptions,
  type StagedBlob,
  type StorageBackend,
  type StorageBackendInfo,
  storagePortVersion,
} from '../../storage/storage-backend.ts'
import { MemoryPlace } from './memory-place.ts'

/** For `MemoryBackend.open`. */
export interface MemoryBackendOptions {
  /** Clients of this process that open the same name see the same blobs. Default: a place of its own. */
  readonly name?: string | undefined
  /** False: be a backend that cannot stage. Default: true. */
  readonly staging?: boolean | undefined
  /** As in `StorageBackendInfo`. */
  readonly preferredChunkBytes?: number | undefined
}

const blobBytes = 1_073_741_824
const pieceBytes = 1_048_576

/**
 * A storage backend in the memory of this process: durability `none`. For tests, scratch data and as the measure of what the layers
 * above cost. Bodies are copied in and results are copied out.
 */
export class MemoryBackend implements StorageBackend {
  static readonly #places = new Map<string, MemoryPlace>()

  readonly info: StorageBackendInfo
  readonly #place: MemoryPlace
  readonly #calls = new InFlightCalls()

  /** Opens a place; a named one keeps its blobs until `drop`, also while nobody has it open. */
  static async open(options: MemoryBackendOptions = {}): Promise<MemoryBackend> {
    const { name } = options
    if (name === undefined) return new MemoryBackend(new MemoryPlace(), options)
    const place = MemoryBackend.#places.get(name) ?? new MemoryPlace()
    MemoryBackend.#places.set(name, place)
    return new MemoryBackend(place, options)
  }

  /** Forgets a named place: who opens the name next finds it empty. Clients that have it open keep what they see. */
  static drop(name: string): void {
    MemoryBackend.#places.delete(name)
  }

  private constructor(place: MemoryPlace, { name, staging = true, preferredChunkBytes }: MemoryBackendOptions) {
    this.#place = place
    this.info = {
      name: 'memory',
      portVersion: storagePortVersion,
      durability: 'none',
      isShared: false,
      location: `memory:${name ?? ''}`,
      limits: { blobBytes },
      preferredChunkBytes,
      capabilities: { staging },
    }
  }

  async put(key: string, body: BlobBody, options: PutOptions): Promise<void> {
    this.#check('storage.put', options)
    checkBlobKey(key)
    checkPut(options, blobBytes)
    await this.#calls.track('storage.put', async () => this.#place.put(key, await collect(body, options, 'storage.put')))
  }

  async get(key: string, options?: GetOptions): Promise<Uint8Array<ArrayBuffer>> {
    this.#check('storage.get', options)
    const blob = this.#find(key, options)
    const { start, end } = resolveRange(options?.range, blob.length)
    return blob.slice(start, end)
  }

  async *stream(key: string, options?: GetOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    this.#check('storage.stream', options)
    const blob = this.#find(key, options)
    const { start, end } = resolveRange(options?.range, blob.length)
    for (let at = start; at < end; at += pieceBytes) {
      this.#check('storage.stream', options)
      yield blob.slice(at, Math.min(at + pieceBytes, end))
    }
  }

  async stat(keys: readonly string[], options?: CallOptions): Promise<readonly (BlobStat | undefined)[]> {
    this.#check('storage.stat', options)
    keys.forEach(checkBlobKey)
    return keys.map((key) => {
      const blob = this.#place.get(key)
      return blob === undefined ? undefined : { size: blob.length }
    })
  }

  async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    this.#check('storage.delete', options)
    keys.forEach(checkBlobKey)
    for (const key of keys) this.#place.delete(key)
  }

  async list(options: ListOptions = {}): Promise<BlobPage> {
    this.#check('storage.list', options)
    const limit = resolveListLimit(options)
    const { keys, hasMore } = this.#place.keys(options.prefix ?? '', options.after, limit)
    const blobs = keys.map((key) => ({ key, size: this.#place.get(key)?.length ?? 0 }))
    return hasMore ? { blobs, next: blobs.at(-1)?.key } : { blobs }
  }

  async stage(body: BlobBody, options: PutOptions): Promise<StagedBlob> {
    this.#check('storage.stage', options)
    if (!this.info.capabilities.staging) {
      throw new NexusError('Unsupported', 'storage.stage: this backend was opened without staging', { advice: 'use put' })
    }
    checkPut(options, blobBytes)
    const bytes = await this.#calls.track('storage.stage', () => collect(body, options, 'storage.stage'))
    return {
      publish: async (key, publishOptions) => {
        this.#check('storage.publish', publishOptions)
        checkBlobKey(key)
        this.#place.put(key, bytes)
      },
      discard: async () => {},
    }
  }

  async close(): Promise<void> {
    await this.#calls.close()
  }

  #find(key: string, options: GetOptions | undefined): Uint8Array<ArrayBuffer> {
    checkBlobKey(key)
    checkRange(options?.range)
    const blob = this.#place.get(key)
    if (blob === undefined) throw new NexusError('NotFound', `storage: there is no blob ${key}`, { context: { key } })
    return blob
  }

  #check(operation: string, options: CallOptions | undefined): void {
    this.#calls.refuseIfEnded(operation, options?.signal)
  }
}

/** A copy of the whole body. */
async function collect(body: BlobBody, options: PutOptions, operation: string): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(options.size)
  let filled = 0
  for await (const piece of bodyPieces(body, options, operation)) {
    whole.set(piece, filled)
    filled += piece.length
  }
  throwIfAborted(options.signal, operation)
  return whole
}
