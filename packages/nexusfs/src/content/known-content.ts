import { crc32 } from 'node:zlib'
import type { Clock } from '../core/system.ts'
import { orAborted } from '../engine-kit/deadline.ts'
import { GenerationalMap } from '../engine-kit/generational-map.ts'
import type { ManifestId } from '../metadata/keyspace.ts'
import type { BlobStat, StorageBackend } from '../storage/storage-backend.ts'

/** How long a blob that was stored, read whole or looked at is relied on without another look, in milliseconds. */
const trustedForMs = 10_000
/** Blobs remembered as being there, and as damaged. */
const rememberedBlobs = 8192
const rememberedDamage = 65_536

/**
 * Whether blobs that content rows name can be relied on by a further version. A blob can be lost or damaged behind the store's back,
 * and a write must not be acknowledged that refers to one which is. What is checked is cheap: that the blob is there and has its size.
 * Damage inside is seen when the blob is read, and remembered by this process.
 */
export class BlobTrust {
  readonly #storage: StorageBackend
  readonly #clock: Clock
  /** When a blob was last known to be right, by the monotonic clock. */
  readonly #seen = new GenerationalMap<string, number>(rememberedBlobs)
  readonly #damaged = new GenerationalMap<string, true>(rememberedDamage)
  #asking: { readonly keys: string[]; readonly stats: Promise<readonly (BlobStat | undefined)[]> } | undefined

  constructor(storage: StorageBackend, clock: Clock) {
    this.#storage = storage
    this.#clock = clock
  }

  /** This process has stored the blob, or read it whole and compared its digest. */
  confirm(key: string): void {
    this.#seen.set(key, this.#clock.monotonic())
    this.#damaged.delete(key)
  }

  /** A read found the blob (or list of chunks) missing or with other bytes: it is not relied on again, unless a later read finds it right. */
  distrust(key: string): void {
    this.#damaged.set(key, true)
    this.#seen.delete(key)
  }

  /** True unless a read found the list of chunks, or one of the chunks, damaged; how many chunks there are forbids to look at each. */
  isListIntact(manifest: ManifestId): boolean {
    return this.#damaged.get(manifest) === undefined
  }

  /**
   * True if the blob is there with that size, in bytes, and was not found damaged.
   * @throws {NexusError} Aborted, and what the storage backend throws
   */
  async isIntact(key: string, size: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#damaged.get(key) !== undefined) return false
    const seen = this.#seen.get(key)
    if (seen !== undefined && this.#clock.monotonic() - seen < trustedForMs) return true
    const found = await orAborted(() => this.#stat(key), signal, 'write')
    if (found?.size !== size) return false
    this.#seen.set(key, this.#clock.monotonic())
    return true
  }

  /** Those who ask at the same time share one call. */
  async #stat(key: string): Promise<BlobStat | undefined> {
    this.#asking ??= this.#ask()
    const { keys, stats } = this.#asking
    const index = keys.push(key) - 1
    return (await stats)[index]
  }

  #ask(): { readonly keys: string[]; readonly stats: Promise<readonly (BlobStat | undefined)[]> } {
    const keys: string[] = []
    const stats = Promise.resolve().then(() => {
      this.#asking = undefined
      return this.#storage.stat(keys)
    })
    return { keys, stats }
  }
}

const sampleBytes = 4096
const capacity = 65_536

/**
 * Guesses, before the hash is known, whether content was seen lately. A guess decides only what is done first: look the content
 * up, or begin to store it while it is hashed. A wrong one costs time, never truth.
 */
export class FamiliarContent {
  readonly #seen = new Set<number>()

  isFamiliar(bytes: Uint8Array): boolean {
    return this.#seen.has(sketch(bytes))
  }

  remember(bytes: Uint8Array): void {
    this.#seen.add(sketch(bytes))
    if (this.#seen.size <= capacity) return
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest)
      break
    }
  }
}

/** The length and a checksum of the beginning, middle and end. */
function sketch(bytes: Uint8Array): number {
  let sum = 0
  for (const start of [0, Math.max(0, (bytes.length >> 1) - sampleBytes), Math.max(0, bytes.length - sampleBytes)]) {
    sum = crc32(bytes.subarray(start, start + sampleBytes), sum)
  }
  return sum * 2 ** 20 + (bytes.length % 2 ** 20)
}
