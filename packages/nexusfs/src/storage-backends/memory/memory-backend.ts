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

/** For `MemoryBackend.open`. */
export interface MemoryBackendOptions {
  /** Clients of this process that open the same name see the same blobs. Default: data of its own. */
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
  static readonly #named = new Map<string, MemoryData>()

  readonly info: StorageBackendInfo
  readonly #data: MemoryData
  readonly #calls = new InFlightCalls()

  /** Opens the data of a name, or data of its own; with a name, it keeps its blobs until `drop`, also while nobody has it open. */
  static async open(options: MemoryBackendOptions = {}): Promise<MemoryBackend> {
    const { name } = options
    if (name === undefined) return new MemoryBackend(new MemoryData(), options)
    const data = MemoryBackend.#named.get(name) ?? new MemoryData()
    MemoryBackend.#named.set(name, data)
    return new MemoryBackend(data, options)
  }

  /** Forgets the data of a name: who opens the name next finds it empty. Clients that have it open keep what they see. */
  static drop(name: string): void {
    MemoryBackend.#named.delete(name)
  }

  private constructor(data: MemoryData, { name, staging = true, preferredChunkBytes }: MemoryBackendOptions) {
    this.#data = data
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
    await this.#calls.track('storage.put', async () => this.#data.put(key, await collect(body, options, 'storage.put')))
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
      const blob = this.#data.get(key)
      return blob === undefined ? undefined : { size: blob.length }
    })
  }

  async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    this.#check('storage.delete', options)
    keys.forEach(checkBlobKey)
    for (const key of keys) this.#data.delete(key)
  }

  async list(options: ListOptions = {}): Promise<BlobPage> {
    this.#check('storage.list', options)
    const limit = resolveListLimit(options)
    const { keys, hasMore } = this.#data.keys(options.prefix ?? '', options.after, limit)
    const blobs = keys.map((key) => ({ key, size: this.#data.get(key)?.length ?? 0 }))
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
        this.#data.put(key, bytes)
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
    const blob = this.#data.get(key)
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

/** Blobs by key, and their order. The arrays are never changed once they are here. */
class MemoryData {
  readonly #blobs = new Map<string, Uint8Array<ArrayBuffer>>()
  /** Every key that is there, and perhaps some that are gone; sorted, without repeats, but for those added since. */
  #sorted: string[] = []
  #added = new Set<string>()
  /** How many of the sorted keys are gone. */
  #gone = 0

  get(key: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#blobs.get(key)
  }

  put(key: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#blobs.has(key)) this.#added.add(key)
    this.#blobs.set(key, bytes)
  }

  delete(key: string): void {
    if (this.#blobs.delete(key) && !this.#added.delete(key)) this.#gone++
  }

  /** The first `limit` keys above `after` that begin with `prefix`, in order, and whether more follow. */
  keys(
    prefix: string,
    after: string | undefined,
    limit: number,
  ): { readonly keys: readonly string[]; readonly hasMore: boolean } {
    const sorted = this.#sortedKeys()
    const found: string[] = []
    const startsAfter = after !== undefined && after >= prefix
    for (let at = firstAtLeast(sorted, startsAfter ? after : prefix); at < sorted.length; at++) {
      const key = sorted[at] ?? ''
      if (!key.startsWith(prefix)) break
      if (!this.#blobs.has(key) || (startsAfter && key === after)) continue
      if (found.length === limit) return { keys: found, hasMore: true }
      found.push(key)
    }
    return { keys: found, hasMore: false }
  }

  /** Puts and deletes only take note; a list pays for order, in one pass over what changed since the last. */
  #sortedKeys(): readonly string[] {
    if (this.#added.size > 0 || this.#gone > this.#blobs.size) {
      this.#sorted = merge(this.#sorted, [...this.#added].sort(), (key) => this.#blobs.has(key))
      this.#added = new Set()
      this.#gone = 0
    }
    return this.#sorted
  }
}

/** Both sorted lists as one, without repeats and without what `keep` refuses. */
function merge(left: readonly string[], right: readonly string[], keep: (key: string) => boolean): string[] {
  const merged: string[] = []
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const a = left[l]
    const b = right[r]
    const isLeft = b === undefined || (a !== undefined && a <= b)
    const key = (isLeft ? a : b) ?? ''
    if (isLeft) l++
    else r++
    if (keep(key) && merged.at(-1) !== key) merged.push(key)
  }
  return merged
}

function firstAtLeast(sorted: readonly string[], bound: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < bound) low = middle + 1
    else high = middle
  }
  return low
}
