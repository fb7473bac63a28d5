import { binaryText, uint64 } from '../../core/bytes.ts'
import { keyTextOnce } from '../../metadata/key-text.ts'
import type { Commit, Expectation, Write } from '../../metadata/metadata-store.ts'
import { storedRange } from './stored-row.ts'

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
