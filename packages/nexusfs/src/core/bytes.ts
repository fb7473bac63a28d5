const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The UTF-8 bytes of a well-formed string. Short ones share a buffer with others, which is much cheaper than one each. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return view(Buffer.from(text, 'utf8'))
}

function view(bytes: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * The string that these UTF-8 bytes spell; a byte order mark is kept.
 * @throws {TypeError} if they are not UTF-8
 */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0
  for (const part of parts) size += part.length
  const whole = view(Buffer.allocUnsafe(size))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Byte order, shorter first among equals: the order of every key in Nexus. */
export function compareBytes(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  return Buffer.compare(a, b)
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}

export function startsWithBytes(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && Buffer.compare(bytes.subarray(0, prefix.length), prefix) === 0
}

/** Node gives requests up to this size a part of a buffer that they share (`Buffer.poolSize`, 64 KiB since Node 24). */
const sharedBytes = 4095

/** The same bytes in an array of their own; few of them share a buffer with others, which is much cheaper than one each. */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length > sharedBytes) return new Uint8Array(bytes)
  const copy = view(Buffer.allocUnsafe(bytes.length))
  copy.set(bytes)
  return copy
}

/**
 * The same bytes in memory that nobody shares: the array itself if it has that already, else a copy. For what is kept for long: a few bytes of a
 * buffer that others share keep all of it.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

/**
 * One character a byte, code 0 to 255: a form of the bytes that can be a Map key, and whose string order
 * is their byte order.
 */
export function binaryText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

export function fromBinaryText(text: string): Uint8Array<ArrayBuffer> {
  return view(Buffer.from(text, 'latin1'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** The bytes of an even-length, lower- or upper-case hexadecimal string; the caller has checked that it is one. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return view(Buffer.from(text, 'hex'))
}

/** A whole number below 2^53 as 8 bytes, big-endian, so that byte order is number order. */
export function uint64(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8)
  writeUint64(bytes, 0, value)
  return bytes
}

export function writeUint64(target: Uint8Array, offset: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  for (let index = 0; index < 4; index++) {
    target[offset + index] = high >>> (24 - 8 * index)
    target[offset + 4 + index] = value >>> (24 - 8 * index)
  }
}

export function readUint64(bytes: Uint8Array, offset = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(offset) * 0x1_0000_0000 + view.getUint32(offset + 4)
}

/**
 * The least byte string above every string that begins with `prefix`, or `undefined` if there is none
 * (an empty prefix, or one of 0xff bytes only): the exclusive end of a prefix's range.
 */
export function prefixEnd(prefix: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix[last] ?? 0xff
    if (byte === 0xff) continue
    const end = new Uint8Array(prefix.subarray(0, last + 1))
    end[last] = byte + 1
    return end
  }
  return undefined
}
