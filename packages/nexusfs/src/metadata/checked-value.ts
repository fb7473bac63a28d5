import { crc32 } from 'node:zlib'
import { readUint64 } from '../core/bytes.ts'
import type { Key, WrittenKey } from './metadata-store.ts'

/**
 * What a store whose engine has no checksums of its own keeps behind each value: where the key's REV slot is (2 bytes), and a CRC-32 (4
 * bytes) over key and value, so that the row of another key is found out too. The client computes it before it knows the revision, so
 * the slot's bytes are left out of it and are compared with the revision instead.
 */
export const checkBytes = 6

/** No REV slot. */
const noSlot = 0xffff

/** The two numbers behind a value that is written under a key. */
export interface ValueCheck {
  /** 16 bits. */
  readonly slot: number
  /** 32 bits. */
  readonly crc: number
}

export function checkOf({ group, item, revisionAt }: WrittenKey, value: Uint8Array): ValueCheck {
  const slot = revisionAt ?? noSlot
  return { slot, crc: crc32(value, crc32(item, crc32(group, seedOf(group, slot)))) }
}

/** The value with its check behind it. */
export function withCheck(key: WrittenKey, value: Uint8Array): Uint8Array {
  const { slot, crc } = checkOf(key, value)
  const bytes = Buffer.allocUnsafe(value.length + checkBytes)
  bytes.set(value)
  bytes.writeUInt16BE(slot, value.length)
  bytes.writeUInt32BE(crc, value.length + 2)
  return bytes
}

/**
 * The value of an entry that was found under the key, a view of what is stored; `undefined` if it is not as it was written, or was written
 * under another key.
 */
export function checkedValue({ group, item }: Key, revision: number, stored: Uint8Array): Uint8Array | undefined {
  const size = stored.length - checkBytes
  if (size < 0) return undefined
  const check = new DataView(stored.buffer, stored.byteOffset + size, checkBytes)
  const slot = check.getUint16(0)
  const value = stored.subarray(0, size)
  const start = crc32(group, seedOf(group, slot))
  if (slot === noSlot) return crc32(value, crc32(item, start)) === check.getUint32(2) ? value : undefined
  if (slot + 8 > item.length || readUint64(item, slot) !== revision) return undefined
  const keyed = crc32(item.subarray(slot + 8), crc32(item.subarray(0, slot), start))
  return crc32(value, keyed) === check.getUint32(2) ? value : undefined
}

/** So that a byte that moves from the group to the item is seen, too. */
function seedOf(group: Uint8Array, slot: number): number {
  return ((slot << 16) | group.length) >>> 0
}
