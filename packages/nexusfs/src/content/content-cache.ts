import type { Digest } from '../core/digest.ts'

/** Contents up to this size, in bytes, are copied into slabs: one array for many, instead of one each. */
const smallBytes = 4 * 1024
const slabBytes = 64 * 1024
/** Measured, in bytes: what an entry costs beside its content (key, slot of the Map), and an array with a buffer of its own. */
const entryBytes = 200
const arrayBytes = 1000

/**
 * Content by digest; roughly, what was not used for longest goes out first. A digest names its bytes for ever, so nothing here can be
 * stale. There are two generations: what is used lies in the young one; when that is full it becomes the old one, and what was in
 * the old one and was not used since is forgotten. A look-up costs one or two of a Map, and no order is kept.
 *
 * What counts is the memory that is kept alive, not the length of the contents: a small array may be a view of a large buffer that
 * others share, and would keep all of it. So small contents are copied into slabs, which go when their generation goes.
 */
export class ContentCache {
  readonly #generationBytes: number
  readonly #largest: number
  #young: Generation
  #old: Generation

  /** @param capacity in bytes, of memory; 0 keeps nothing */
  constructor(capacity: number) {
    this.#generationBytes = capacity / 2
    this.#largest = capacity / 4
    this.#young = new Generation(this.#generationBytes)
    this.#old = this.#young
  }

  /** Verified bytes, which must not be changed or handed to a caller. */
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
    if (this.#young.add(digest, bytes)) return
    this.#old = this.#young
    this.#young = new Generation(this.#generationBytes)
    this.#young.add(digest, bytes)
  }
}

interface SlabPart {
  readonly slab: Uint8Array
  readonly start: number
  readonly end: number
}

class Generation {
  readonly #capacity: number
  readonly #slabBytes: number
  readonly #contents = new Map<Digest, Uint8Array | SlabPart>()
  /** Memory that it keeps alive. */
  #bytes = 0
  #slab = new Uint8Array(0)
  #used = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#slabBytes = Math.min(slabBytes, Math.floor(capacity / 4))
  }

  has(digest: Digest): boolean {
    return this.#contents.has(digest)
  }

  get(digest: Digest): Uint8Array | undefined {
    const content = this.#contents.get(digest)
    return content === undefined || content instanceof Uint8Array ? content : content.slab.subarray(content.start, content.end)
  }

  /** False if there is no room left. */
  add(digest: Digest, bytes: Uint8Array): boolean {
    const isSmall = bytes.length <= Math.min(smallBytes, this.#slabBytes)
    const needsSlab = isSmall && this.#used + bytes.length > this.#slab.length
    const cost = entryBytes + (needsSlab ? this.#slabBytes : 0) + (isSmall ? 0 : bytes.length + arrayBytes)
    if (this.#bytes + cost > this.#capacity) return false
    this.#bytes += cost
    if (needsSlab) {
      this.#slab = new Uint8Array(this.#slabBytes)
      this.#used = 0
    }
    this.#contents.set(digest, isSmall ? this.#inSlab(bytes) : alone(bytes))
    return true
  }

  #inSlab(bytes: Uint8Array): SlabPart {
    const start = this.#used
    this.#slab.set(bytes, start)
    this.#used += bytes.length
    return { slab: this.#slab, start, end: this.#used }
  }
}

/** The same array if it has its buffer nearly to itself, else a copy that has. */
function alone(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength <= bytes.length * 1.05 ? bytes : new Uint8Array(bytes)
}
