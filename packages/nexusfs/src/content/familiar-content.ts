import { crc32 } from 'node:zlib'

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
