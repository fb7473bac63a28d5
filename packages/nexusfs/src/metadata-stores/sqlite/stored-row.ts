import { crc32 } from 'node:zlib'
import { prefixEnd } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { type Revision, toRevision } from '../../core/revision.ts'
import type { ItemRange } from '../../metadata/metadata-store.ts'

/**
 * How an entry lies in the database: key and value as BLOBs, so that no byte means anything to the driver, and a checksum over the
 * whole row, since neither SQLite nor the index that leads to a row looks at what it holds.
 */

/** Longer groups have their length in two more bytes. */
const longGroup = 255

/** The stored key of the key with this text (see `keyText`): the length of the group, the group, the item. */
export function storedKey(text: string): Uint8Array {
  const groupBytes = text.charCodeAt(0)
  if (groupBytes < longGroup) return Buffer.from(text, 'latin1')
  return Buffer.concat([groupPrefix(groupBytes), Buffer.from(text.slice(1), 'latin1')])
}

/** The item of a stored key, for a group of that many bytes. */
export function itemOfStoredKey(key: Uint8Array, groupBytes: number): Uint8Array {
  return key.subarray((groupBytes < longGroup ? 1 : 3) + groupBytes)
}

/** The stored keys of a range: at or above the first, below the second. */
export function storedRange({ group, from, to }: ItemRange): { readonly low: Uint8Array; readonly high: Uint8Array } {
  const prefix = Buffer.concat([groupPrefix(group.length), group])
  return {
    low: from === undefined ? new Uint8Array(prefix) : new Uint8Array(Buffer.concat([prefix, from])),
    high: to === undefined ? (prefixEnd(prefix) ?? prefix) : new Uint8Array(Buffer.concat([prefix, to])),
  }
}

function groupPrefix(groupBytes: number): Uint8Array {
  if (groupBytes < longGroup) return Uint8Array.of(groupBytes)
  const more = groupBytes - longGroup
  return Uint8Array.of(longGroup, more >>> 8, more & 0xff)
}

/** CRC-32 of key and value, with both halves of the revision in it: any one flipped bit changes it, and so does another key's row. */
export function checksumOf(key: Uint8Array, revision: number, value: Uint8Array): number {
  return (crc32(value, crc32(key)) ^ revision ^ Math.floor(revision / 0x1_0000_0000)) >>> 0
}

/**
 * What a row of columns `r`, `v`, `c` holds that was found under the key.
 * @throws {NexusError} Corrupt if it is not as it was written, or was written for another key
 */
export function checkedRow(key: Uint8Array, r: unknown, v: unknown, c: unknown): StoredRow {
  if (typeof r === 'number' && Number.isSafeInteger(r) && v instanceof Uint8Array && checksumOf(key, r, v) === c && r >= 0) {
    return { revision: toRevision(r), value: v }
  }
  throw new NexusError('Corrupt', 'sqlite: a row of the database is damaged', {
    advice: 'restore it from a backup',
    context: { reason: 'checksum', key: Buffer.from(key).toString('hex') },
  })
}

export interface StoredRow {
  readonly revision: Revision
  readonly value: Uint8Array
}
