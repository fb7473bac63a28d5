import { writeUint64 } from '../../core/bytes.ts'
import { checkBytes, checkOf } from '../../metadata/checked-value.ts'
import type { ItemRange, WrittenKey } from '../../metadata/metadata-store.ts'

/** Builds the one binary argument of a script, in the formats that Lua's `struct.unpack` reads: big-endian, lengths before bytes. */
export class PackedWriter {
  #bytes: Buffer
  #length = 0

  /** @param capacity bytes to begin with */
  constructor(capacity = 512) {
    this.#bytes = Buffer.allocUnsafe(capacity)
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
export function packList(requests: readonly { readonly packed: Buffer }[]): Buffer {
  const count = Buffer.allocUnsafe(4)
  count.writeUInt32BE(requests.length)
  return Buffer.concat([count, ...requests.map(({ packed }) => packed)])
}

/** A value with its length before it and its check behind it. */
export function packValue(target: PackedWriter, key: WrittenKey, value: Uint8Array): void {
  target.uint32(value.length + checkBytes)
  target.raw(value)
  packCheck(target, key, value)
}

/** What stands behind a value, which the server keeps and does not know. */
export function packCheck(target: PackedWriter, key: WrittenKey, value: Uint8Array): void {
  const { slot, crc } = checkOf(key, value)
  target.uint16(slot)
  target.uint32(crc)
}

/** A bound as Redis takes it: `[item` for an inclusive one, `(item` for an exclusive one, `-` and `+` for open ends. */
export interface Bound {
  readonly mark: number
  readonly bytes: Uint8Array
}

const nothing = new Uint8Array(0)

export function boundsOf({ from, to }: ItemRange): readonly [Bound, Bound] {
  return [
    from === undefined ? { mark: 0x2d, bytes: nothing } : { mark: 0x5b, bytes: from },
    to === undefined ? { mark: 0x2b, bytes: nothing } : { mark: 0x28, bytes: to },
  ]
}

export function packBounds(target: PackedWriter, range: ItemRange): void {
  for (const { mark, bytes } of boundsOf(range)) {
    target.uint16(bytes.length + 1)
    target.uint8(mark)
    target.raw(bytes)
  }
}
