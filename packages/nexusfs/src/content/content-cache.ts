import type { Digest } from '../core/digest.ts'

/** Content by digest, least recently used out first. A digest names its bytes for ever, so nothing here can be stale. */
export class ContentCache {
  readonly #entries = new Map<Digest, Uint8Array>()
  readonly #capacity: number
  #size = 0

  /** @param capacity in bytes; 0 keeps nothing */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The cached array itself: it must not be changed or handed to a caller. */
  get(digest: Digest): Uint8Array | undefined {
    const bytes = this.#entries.get(digest)
    if (bytes === undefined) return undefined
    this.#entries.delete(digest)
    this.#entries.set(digest, bytes)
    return bytes
  }

  /** Keeps verified bytes, which from now on nobody changes. Content of more than a quarter of the capacity is not kept. */
  put(digest: Digest, bytes: Uint8Array): void {
    if (bytes.length * 4 > this.#capacity || this.#entries.has(digest)) return
    this.#entries.set(digest, bytes)
    this.#size += bytes.length
    for (const [oldest, old] of this.#entries) {
      if (this.#size <= this.#capacity) break
      this.#entries.delete(oldest)
      this.#size -= old.length
    }
  }

  has(digest: Digest): boolean {
    return this.#entries.has(digest)
  }
}
