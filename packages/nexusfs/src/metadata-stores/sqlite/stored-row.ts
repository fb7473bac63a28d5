import { crc32 } from 'node:zlib'
import { binaryText, prefixEnd, uint64 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { type Revision, toRevision } from '../../core/revision.ts'
import { keyTextOnce } from '../../metadata/keyspace.ts'
import type { Commit, Expectation, ItemRange, Write } from '../../metadata/metadata-store.ts'

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

/** A commit as its statements need it: made before the write lock is taken, and plain data, so that another thread can run it. */
export interface PlannedCommit {
  readonly expect: readonly PlannedExpectation[]
  readonly writes: readonly PlannedWrite[]
}

/** With the commit that it came from, which stays on this thread. */
export interface OwnCommit extends PlannedCommit {
  readonly commit: Commit
}

export type PlannedExpectation =
  | { readonly kind: 'at'; readonly column: string; readonly revision: number }
  | { readonly kind: 'absent' | 'present'; readonly column: string }
  | {
      readonly kind: 'range'
      readonly low: Uint8Array
      readonly high: Uint8Array
      readonly count: number
      readonly maxRevision: number
    }

export interface PlannedWrite {
  /** The text of the key. */
  readonly column: string
  /** Where in that the revision goes; -1 if nowhere. */
  readonly slot: number
  /** Bytes, or a small value with one character a byte, which another thread gets for less; `null` deletes. */
  readonly value: string | Uint8Array | null
}

export function planCommit(commit: Commit): OwnCommit {
  return { commit, expect: commit.expect.map(planExpectation), writes: commit.writes.map(planWrite) }
}

/** The column of a write once its commit's revision is known. */
export function writtenColumn({ column, slot }: PlannedWrite, revision: number): string {
  return slot < 0 ? column : column.slice(0, slot) + binaryText(uint64(revision)) + column.slice(slot)
}

function planExpectation(expectation: Expectation): PlannedExpectation {
  switch (expectation.kind) {
    case 'at':
      return { kind: 'at', column: keyTextOnce(expectation.key), revision: expectation.revision }
    case 'absent':
    case 'present':
      return { kind: expectation.kind, column: keyTextOnce(expectation.key) }
    case 'range': {
      const { count, maxRevision, range } = expectation
      return { kind: 'range', ...storedRange(range), count, maxRevision }
    }
  }
}

function planWrite(write: Write): PlannedWrite {
  const column = keyTextOnce(write.key)
  if (write.kind === 'delete') return { column, slot: -1, value: null }
  const { revisionAt, group } = write.key
  return { column, slot: revisionAt === undefined ? -1 : 1 + group.length + revisionAt, value: write.value }
}
