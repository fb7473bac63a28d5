import { writeUint64 } from '../../core/bytes.ts'
import { checkBytes, checkOf } from '../../metadata/checked-value.ts'
import type { ItemRange, WrittenKey } from '../../metadata/metadata-store.ts'

/** Builds the one binary argument of a script, in the formats that Lua's `struct.unpack` reads: big-endian, lengths before bytes. */
export class PackedWriter {
  #bytes = Buffer.allocUnsafe(512)
  #length = 0

  get length(): number {
    return this.#length
  }

  uint8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  uint16(value: number): void {
    this.#reserve(2)
    this.#length = this.#bytes.writeUInt16BE(value, this.#length)
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32BE(value, this.#length)
  }

  /** Overwrites four bytes that were written before. */
  patchUint32(at: number, value: number): void {
    this.#bytes.writeUInt32BE(value, at)
  }

  /** A whole number below 2^53 in 8 bytes. */
  uint64(value: number): void {
    this.#reserve(8)
    writeUint64(this.#bytes, this.#length, value)
    this.#length += 8
  }

  /** At most 65,535 bytes after their length: `I2c0`. */
  short(bytes: Uint8Array): void {
    this.uint16(bytes.length)
    this.raw(bytes)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What was written; the writer is of no use afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

/** Packed requests behind their number. */
export function packList(requests: readonly Uint8Array[]): Buffer {
  const count = Buffer.allocUnsafe(4)
  count.writeUInt32BE(requests.length)
  return Buffer.concat([count, ...requests])
}

/** With its check behind it, which the server keeps and does not know. */
export function packValue(target: PackedWriter, key: WrittenKey, value: Uint8Array): void {
  const { slot, crc } = checkOf(key, value)
  target.uint32(value.length + checkBytes)
  target.raw(value)
  target.uint16(slot)
  target.uint32(crc)
}

const bracket = 0x5b
const parenthesis = 0x28
const lowest = new Uint8Array([0x2d])
const highest = new Uint8Array([0x2b])

/** Redis writes `[item` for an inclusive bound, `(item` for an exclusive one, `-` and `+` for open ends. */
export function packBounds(target: PackedWriter, { from, to }: ItemRange): void {
  packBound(target, from, bracket, lowest)
  packBound(target, to, parenthesis, highest)
}

function packBound(target: PackedWriter, bound: Uint8Array | undefined, mark: number, open: Uint8Array): void {
  if (bound === undefined) {
    target.short(open)
    return
  }
  target.uint16(bound.length + 1)
  target.uint8(mark)
  target.raw(bound)
}
