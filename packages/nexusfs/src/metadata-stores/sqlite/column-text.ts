import { binaryText } from '../../core/bytes.ts'
import type { ItemRange } from '../../metadata/metadata-store.ts'

/**
 * How keys and small values lie in the database: as TEXT with one character a byte (code 0 to 255). The driver turns TEXT into a
 * string three times faster than a BLOB into an array, and SQLite compares the UTF-8 of such texts in the order of their bytes.
 */

/** Longest small value, in bytes of UTF-8. */
const smallValueBytes = 800

/** Sorts above every item of its group: no byte becomes this character. */
const aboveItems = '\u0100'

/** The row that holds the last revision. No key has this text, and its place in the index is beside the newest log row. */
export const lastRevisionColumn: string = `\u0001l${aboveItems}`

/** What the column of every key of the group begins with. */
export function groupText(group: Uint8Array): string {
  return String.fromCharCode(group.length) + binaryText(group)
}

/** The columns of a range: at or above the first, below the second. */
export function rangeTexts({ group, from, to }: ItemRange): { readonly low: string; readonly high: string } {
  const prefix = groupText(group)
  return {
    low: from === undefined ? prefix : prefix + binaryText(from),
    high: prefix + (to === undefined ? aboveItems : binaryText(to)),
  }
}

/** The part of a key's column that is its group, for a key whose group has that many bytes. */
export function groupOfColumn(column: string, groupBytes: number): string {
  return column.slice(0, 1 + groupBytes)
}

/** The item of a key's column, for a group of that many bytes. */
export function itemOfColumn(column: string, groupBytes: number): Uint8Array {
  return textBytes(column.slice(1 + groupBytes))
}

/** The eight characters of a REV slot. */
export function revisionText(revision: number): string {
  const high = Math.floor(revision / 0x1_0000_0000)
  const low = revision >>> 0
  return String.fromCharCode(
    high >>> 24,
    (high >>> 16) & 0xff,
    (high >>> 8) & 0xff,
    high & 0xff,
    low >>> 24,
    (low >>> 16) & 0xff,
    (low >>> 8) & 0xff,
    low & 0xff,
  )
}

/** The value as TEXT, or, if it is large, as it is. */
export function storedValue(value: Uint8Array): string | Uint8Array {
  if (value.length > smallValueBytes) return value
  const text = binaryText(value)
  if (value.length * 2 <= smallValueBytes) return text
  return Buffer.byteLength(text, 'utf8') <= smallValueBytes ? text : value
}

/** The bytes of a text with one character a byte. */
export function textBytes(text: string): Uint8Array {
  const buffer = Buffer.from(text, 'latin1')
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
