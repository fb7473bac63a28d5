/**
 * CRC-32C (Castagnoli, RFC 3720) of bytes that come one after another. Eight bytes a step: the one of `@google-cloud/storage` takes one,
 * and several times as long.
 */
export class Crc32c {
  #state = -1

  update(bytes: Uint8Array): this {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const whole = bytes.length - (bytes.length % 8)
    let state = this.#state
    for (let at = 0; at < whole; at += 8) {
      const low = state ^ view.getInt32(at, true)
      const high = view.getInt32(at + 4, true)
      state =
        entry(7, low) ^
        entry(6, low >>> 8) ^
        entry(5, low >>> 16) ^
        entry(4, low >>> 24) ^
        entry(3, high) ^
        entry(2, high >>> 8) ^
        entry(1, high >>> 16) ^
        entry(0, high >>> 24)
    }
    for (let at = whole; at < bytes.length; at++) state = (state >>> 8) ^ entry(0, state ^ view.getUint8(at))
    this.#state = state
    return this
  }

  /** As Google writes it: base64 of the four bytes, the highest first. */
  toString(): string {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(~this.#state)
    return bytes.toString('base64')
  }
}

/** Eight tables of 256: what a byte leaves behind when 0 to 7 others follow it. */
const tables = new Int32Array(8 * 256)
for (let byte = 0; byte < 256; byte++) {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  tables[byte] = rest
}
for (let at = 256; at < tables.length; at++) {
  const before = tables[at - 256] ?? 0
  tables[at] = (before >>> 8) ^ (tables[before & 255] ?? 0)
}

function entry(table: number, byte: number): number {
  return tables[(table << 8) | (byte & 255)] ?? 0
}
