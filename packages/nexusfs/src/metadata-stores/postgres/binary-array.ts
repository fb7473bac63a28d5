import { limits } from '../../core/limits.ts'

/**
 * One-dimensional arrays in PostgreSQL's binary form: no quoting, and half the size of the text form for bytes. The client sends a
 * `Buffer` parameter as it is.
 */
export interface BinaryArrays {
  bytea(items: readonly Uint8Array[]): Buffer
  int4(items: readonly number[]): Buffer
  /** Whole numbers from -2^53 to 2^53. */
  int8(items: readonly number[]): Buffer
  /** 64-bit numbers as pairs of halves: signed high, unsigned low. */
  int8Halves(items: readonly Int64[]): Buffer
  bool(items: readonly boolean[]): Buffer
}

/** A 64-bit number in two halves, since a JavaScript number holds 53 bits and a BigInt is slow. */
export interface Int64 {
  /** Signed, 32 bits. */
  readonly high: number
  /** Unsigned, 32 bits. */
  readonly low: number
}

export const binaryArray: BinaryArrays = {
  bytea: (items) => {
    let size = headerBytes
    for (const item of items) size += 4 + item.length
    const buffer = begin(oids.bytea, items.length, size)
    let at = headerBytes
    for (const item of items) {
      at = buffer.writeInt32BE(item.length, at)
      buffer.set(item, at)
      at += item.length
    }
    return buffer
  },
  int4: (items) => {
    const buffer = begin(oids.int4, items.length, headerBytes + 8 * items.length)
    let at = headerBytes
    for (const item of items) {
      at = buffer.writeInt32BE(4, at)
      at = buffer.writeInt32BE(item, at)
    }
    return buffer
  },
  int8: (items) => binaryArray.int8Halves(items.map((item) => ({ high: Math.floor(item / 0x1_0000_0000), low: item >>> 0 }))),
  int8Halves: (items) => {
    const buffer = begin(oids.int8, items.length, headerBytes + 12 * items.length)
    let at = headerBytes
    for (const item of items) {
      at = buffer.writeInt32BE(8, at)
      at = buffer.writeInt32BE(item.high, at)
      at = buffer.writeUInt32BE(item.low, at)
    }
    return buffer
  },
  bool: (items) => {
    const buffer = begin(oids.bool, items.length, headerBytes + 5 * items.length)
    let at = headerBytes
    for (const item of items) {
      at = buffer.writeInt32BE(1, at)
      at = buffer.writeUInt8(item ? 1 : 0, at)
    }
    return buffer
  },
}

/** Object ids of the built-in types, the same on every server. */
const oids = { bool: 16, bytea: 17, int8: 20, int4: 23 } as const

/** Dimensions, flags, element type, length, lower bound. An empty array has no dimension, and ends after the type. */
const headerBytes = 20
const emptyBytes = 12

function begin(oid: number, length: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(length === 0 ? emptyBytes : size)
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0)
  buffer.writeInt32BE(0, 4)
  buffer.writeInt32BE(oid, 8)
  if (length === 0) return buffer
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
  return buffer
}

/** Above every item: longer than any key may be, of the highest byte. SQL has no value for "no bound" that an index could use. */
export const upperBound: Uint8Array<ArrayBuffer> = new Uint8Array(limits.keyBytes + 1).fill(0xff)
