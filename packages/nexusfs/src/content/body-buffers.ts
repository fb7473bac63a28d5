/** Smaller bodies are copied into memory of their own, which the content cache then keeps; in bytes. */
export const largeBodyBytes: number = 1024 * 1024

/** Memory that waits for the next large body, at most, in bytes. */
const idleBytes = 32 * 1024 * 1024

/**
 * Copies of large bodies. Fresh memory costs more than the copying: the system hands it out page by page, and clears each. So the
 * memory of a body that is stored is kept for the next one.
 */
export class BodyBuffers {
  /** By capacity, which is a power of two. */
  readonly #idle = new Map<number, ArrayBuffer[]>()
  readonly #lent = new WeakSet<Uint8Array>()
  #idleBytes = 0

  /** The same bytes, in memory that nobody else changes until it is given back. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const capacity = 2 ** Math.ceil(Math.log2(bytes.length))
    const buffer = this.#idle.get(capacity)?.pop()
    if (buffer !== undefined) this.#idleBytes -= capacity
    const copy = new Uint8Array(buffer ?? new ArrayBuffer(capacity), 0, bytes.length)
    copy.set(bytes)
    this.#lent.add(copy)
    return copy
  }

  /** To be called when nobody reads the copy any more; arrays that are not copies of this pool are let be. */
  giveBack(copy: Uint8Array): void {
    const { buffer } = copy
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(copy)) return
    const capacity = buffer.byteLength
    if (this.#idleBytes + capacity > idleBytes) return
    const idle = this.#idle.get(capacity) ?? []
    idle.push(buffer)
    this.#idle.set(capacity, idle)
    this.#idleBytes += capacity
  }
}
