import type { Digest } from '../core/digest.ts'

/**
 * Content by digest; roughly, what was not used for longest goes out first. A digest names its bytes for ever, so nothing here can be
 * stale. There are two generations: what is used lies in the young one; when that is full it becomes the old one, and what was in
 * the old one and was not used since is forgotten. A look-up costs one or two of a Map, and no order is kept.
 */
export class ContentCache {
  readonly #generationBytes: number
  readonly #largest: number
  #young = new Map<Digest, Uint8Array>()
  #old = new Map<Digest, Uint8Array>()
  #youngBytes = 0

  /** @param capacity in bytes; 0 keeps nothing */
  constructor(capacity: number) {
    this.#generationBytes = capacity / 2
    this.#largest = capacity / 4
  }

  /** The cached array itself: it must not be changed or handed to a caller. */
  get(digest: Digest): Uint8Array | undefined {
    const young = this.#young.get(digest)
    if (young !== undefined) return young
    const old = this.#old.get(digest)
    if (old !== undefined) this.#add(digest, old)
    return old
  }

  /** Keeps verified bytes, which from now on nobody changes. Content of more than a quarter of the capacity is not kept. */
  put(digest: Digest, bytes: Uint8Array): void {
    if (bytes.length <= this.#largest && !this.#young.has(digest)) this.#add(digest, bytes)
  }

  #add(digest: Digest, bytes: Uint8Array): void {
    if (this.#youngBytes + bytes.length > this.#generationBytes) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(digest, bytes)
    this.#youngBytes += bytes.length
  }
}
