import { hash } from 'node:crypto'

/** Sizes of chunks, in bytes; `target` is a power of two. */
export interface ChunkSizes {
  readonly least: number
  readonly target: number
  readonly most: number
}

/** How large content is stored; in bytes. */
export interface Chunking {
  readonly sizes: ChunkSizes
  /** Larger content is stored in chunks. */
  readonly wholeBytes: number
  /** Chunks are stored, and their page of the list committed, in steps of so many bytes. */
  readonly stepBytes: number
}

const mostBytes = 8 * 1024 * 1024
const defaultTarget = 1024 * 1024

/** Exponents of 2 that a target can have. */
const [leastTarget, mostTarget] = [16, 24]

/**
 * Chunks have a quarter of the target at least, four times of it at most.
 * @param preferred bytes of a chunk on average: the next power of two from 64 KiB to 16 MiB is taken; 1 MiB if absent
 */
export function chunkingFor(preferred: number = defaultTarget): Chunking {
  const target = 2 ** Math.max(leastTarget, Math.min(mostTarget, Math.round(Math.log2(preferred)) || 0))
  const bytes = Math.min(mostBytes, 8 * target)
  return { sizes: { least: target / 4, target, most: target * 4 }, wholeBytes: bytes, stepBytes: bytes }
}

/** A random number of 32 bits for each byte: the first 4 bytes of the SHA-256 of "nexus gear" and the byte. Frozen: cuts depend on it. */
const gear = Int32Array.from({ length: 256 }, (_, byte) => {
  const seed = Buffer.concat([Buffer.from('nexus gear'), Buffer.of(byte)])
  return hash('sha256', seed, 'buffer').readInt32BE(0)
})

/** By so many bits more, and fewer, is a cut harder before the target, and easier behind it. */
const normalization = 2

/**
 * Finds where content is cut into chunks, by what is in it: an insertion moves the cuts near it, and no others. FastCDC with
 * normalized chunking (Xia et al., USENIX ATC '16), with a hash of 32 bits, whose window is the last 32 bytes.
 */
export class ChunkCutter {
  readonly #sizes: ChunkSizes
  readonly #strict: number
  readonly #loose: number
  /** Bytes of the chunk that were looked at. */
  #length = 0
  #hash = 0

  constructor(sizes: ChunkSizes) {
    this.#sizes = sizes
    const bits = Math.log2(sizes.target)
    this.#strict = topBits(bits + normalization)
    this.#loose = topBits(bits - normalization)
  }

  /** Where the chunk ends in these bytes, which follow those before, from an index on; `undefined` if it goes on behind them. */
  next(bytes: Uint8Array, from: number): number | undefined {
    const { least, target, most } = this.#sizes
    const begin = from - this.#length
    const end = Math.min(bytes.length, begin + most)
    // The masks are arguments written out: out of a list, V8 takes them for any value after a while, and the loop is five times as slow.
    const eased = Math.min(end, begin + target)
    let index = this.#look(bytes, Math.max(from, Math.min(end, begin + least)), eased, this.#strict)
    if (index >= 0) index = this.#look(bytes, index, end, this.#loose)
    if (index < 0) return this.#cut(-index)
    if (end === begin + most) return this.#cut(end)
    this.#length = bytes.length - begin
    return undefined
  }

  /** The index where it stopped looking, or the negative of the one where it found a cut. The loop is most of what cutting costs. */
  #look(bytes: Uint8Array, from: number, stop: number, mask: number): number {
    const table = gear
    let hash = this.#hash
    let index = from
    for (; index < stop; index++) {
      hash = ((hash << 1) + (table[bytes[index] ?? 0] ?? 0)) | 0
      if ((hash & mask) === 0) return -(index + 1)
    }
    this.#hash = hash
    return Math.max(from, stop)
  }

  #cut(end: number): number {
    this.#length = 0
    this.#hash = 0
    return end
  }
}

function topBits(count: number): number {
  return (-1 << (32 - count)) | 0
}
