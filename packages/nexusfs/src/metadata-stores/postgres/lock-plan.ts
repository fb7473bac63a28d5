import { type Commit, type Expectation, isRangedGroup, type Write } from '../../metadata/metadata-store.ts'
import type { Int64 } from './binary-array.ts'
import { lockId } from './lock-id.ts'

/** Above this many, a commit takes the whole store for itself instead: the server's lock table is shared with every other application. */
export const maxLocks = 256

/**
 * The locks of a commit, in no order and with repetitions.
 *
 * - A key that is expected: shared. A range that is expected: its group, exclusive.
 * - A key that is put or deleted: exclusive, whether it is expected or not, since another commit may expect or write it; in a ranged
 *   group also the group, shared.
 * - A put with a REV slot: no lock on its key. The revision in it is new, so nobody else writes that key, and nobody can expect it
 *   before this commit is visible.
 */
export function locksOf(store: number, commit: Commit): Lock[] {
  const locks: Lock[] = []
  const add = (id: Int64, isExclusive: boolean): void => {
    locks.push({ ...id, isExclusive })
  }
  for (const expectation of commit.expect) addExpected(store, expectation, add)
  for (const write of commit.writes) addWritten(store, write, add)
  return locks
}

export interface Lock extends Int64 {
  readonly isExclusive: boolean
}

type Add = (id: Int64, isExclusive: boolean) => void

function addExpected(store: number, expectation: Expectation, add: Add): void {
  if (expectation.kind === 'range') add(lockId(store, { group: expectation.range.group }), true)
  else add(lockId(store, expectation.key), false)
}

function addWritten(store: number, write: Write, add: Add): void {
  const { key } = write
  if (isRangedGroup(key.group)) add(lockId(store, { group: key.group }), false)
  if (write.kind === 'delete' || write.key.revisionAt === undefined) add(lockId(store, key), true)
}

/**
 * The order in which a call takes its locks: the gate of the store first, then ascending, each once in its strongest mode (shared
 * first and exclusive later would deadlock two that do so). All clients take them in this order, so none waits in a circle. The
 * lowest bit says exclusive.
 */
export function lockSequence(store: number, locks: readonly Lock[]): readonly Int64[] {
  const gate = lockId(store, 'gate')
  const ordered = strongestOnce(locks)
  if (ordered.length >= maxLocks) return [{ high: gate.high, low: gate.low + 1 }]
  return [gate, ...ordered]
}

function strongestOnce(locks: readonly Lock[]): readonly Int64[] {
  const sorted = [...locks].sort((a, b) => a.high - b.high || a.low - b.low || Number(b.isExclusive) - Number(a.isExclusive))
  return sorted
    .filter((lock, index) => lock.high !== sorted[index - 1]?.high || lock.low !== sorted[index - 1]?.low)
    .map(({ high, low, isExclusive }) => ({ high, low: isExclusive ? low + 1 : low }))
}
