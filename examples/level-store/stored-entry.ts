import type { ClassicLevel } from 'classic-level'
import type { ItemRange, Key, MetadataEntry, Revision, WrittenKey } from 'nexusfs'
import { binaryText, concatBytes, fromBinaryText, keyTextOnce, readUint64, toRevision, uint64 } from 'nexusfs/adapter-kit'

/** A key is text of one character a byte, which LevelDB sorts as the bytes; the first character is the length of the group. */
export type Database = ClassicLevel<string, Uint8Array>

/** Under it the store keeps its last revision. No entry has this key, since no group is empty. */
export const lastRevisionKey = '\0'

/** Where the entries of a range lie. An open end is still within the group: no character of an item is above U+00FF. */
export function storedRange({ group, from, to }: ItemRange): { gte: string; lt: string } {
  const start = keyTextOnce({ group, item: new Uint8Array() })
  return { gte: start + (from ? binaryText(from) : ''), lt: start + (to ? binaryText(to) : '\u0100') }
}

/** The key of an entry that a scan of its group found. */
export function scannedKey(group: Uint8Array, stored: string): Key {
  return { group, item: fromBinaryText(stored.slice(1 + group.length)) }
}

/** The stored key of a write whose commit has its revision: a REV slot is filled with it. */
export function writtenKey({ group, item, revisionAt: at }: WrittenKey, revision: Revision): string {
  if (at === undefined) return keyTextOnce({ group, item })
  return keyTextOnce({ group, item: concatBytes(item.subarray(0, at), uint64(revision), item.subarray(at)) })
}

/** The revision in 8 bytes, then the value. */
export function storedValue(revision: Revision, value: Uint8Array = new Uint8Array()): Uint8Array {
  return concatBytes(uint64(revision), value)
}

export function revisionOf(stored: Uint8Array): Revision {
  return toRevision(readUint64(stored))
}

export function entryOf(key: Key, stored: Uint8Array): MetadataEntry {
  return { key, value: stored.subarray(8), revision: revisionOf(stored) }
}
