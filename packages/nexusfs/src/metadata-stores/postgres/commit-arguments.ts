import { type Revision, toRevision } from '../../core/revision.ts'
import { withCheck } from '../../metadata/checked-value.ts'
import type { Commit, CommitResult, Expectation, Write } from '../../metadata/metadata-store.ts'
import { binaryArray, upperBound } from './binary-array.ts'
import { type Lock, lockNumber, lockSequence, locksOf } from './locks.ts'

/** A list of commits as arguments of `commit_v1` (see `commit-sql.ts`), in order. */
export function commitArguments(
  { store, seen, time }: StoreState,
  commits: readonly PlannedCommit[],
  lockTimeoutMs: number,
): readonly unknown[] {
  const locks = commits.flatMap((commit) => commit.locks)
  return [
    store,
    seen,
    time,
    binaryArray.int8Halves(lockSequence(store, locks)),
    lockTimeoutMs,
    binaryArray.int4(commitRuns(commits.map((planned) => planned.locks))),
    ...expectationArguments(commits),
    ...writeArguments(commits),
  ]
}

/** What the server compares with its own. */
export interface StoreState {
  /** The oid of the schema. */
  readonly store: number
  /** The highest revision that this client knows of. */
  readonly seen: Revision
  /** The highest time that this client was told, in ms. */
  readonly time: number
}

/** A commit with what is computed of it once, however often it is tried. */
export interface PlannedCommit {
  readonly commit: Commit
  readonly locks: readonly Lock[]
  /** Of keys and values. */
  readonly bytes: number
}

export function planCommit(store: number, commit: Commit): PlannedCommit {
  let bytes = 0
  for (const write of commit.writes) {
    bytes += write.key.group.length + write.key.item.length + (write.kind === 'put' ? write.value.length : 0)
  }
  return { commit, locks: locksOf(store, commit), bytes }
}

function expectationArguments(commits: readonly PlannedCommit[]): readonly Buffer[] {
  const keys: Placed<KeyExpectation>[] = []
  const ranges: Placed<RangeExpectation>[] = []
  commits.forEach(({ commit }, index) => {
    commit.expect.forEach((expectation, x) => {
      if (expectation.kind === 'range') ranges.push({ c: index + 1, x, it: expectation })
      else keys.push({ c: index + 1, x, it: expectation })
    })
  })
  return [
    binaryArray.int4(keys.map(({ c }) => c)),
    binaryArray.int4(keys.map(({ x }) => x)),
    binaryArray.bytea(keys.map(({ it }) => it.key.group)),
    binaryArray.bytea(keys.map(({ it }) => it.key.item)),
    binaryArray.int8(keys.map(({ it }) => expectedRevision(it))),
    binaryArray.int4(ranges.map(({ c }) => c)),
    binaryArray.int4(ranges.map(({ x }) => x)),
    binaryArray.bytea(ranges.map(({ it }) => it.range.group)),
    binaryArray.bytea(ranges.map(({ it }) => it.range.from ?? noBytes)),
    binaryArray.bytea(ranges.map(({ it }) => it.range.to ?? upperBound)),
    binaryArray.int8(ranges.map(({ it }) => it.count)),
    binaryArray.int8(ranges.map(({ it }) => it.maxRevision)),
  ]
}

interface Placed<It> {
  /** The commit, from 1. */
  readonly c: number
  /** The expectation's position in it, from 0. */
  readonly x: number
  readonly it: It
}

type RangeExpectation = Expectation & { readonly kind: 'range' }
type KeyExpectation = Exclude<Expectation, RangeExpectation>

const noBytes = new Uint8Array(0)

function expectedRevision(expectation: KeyExpectation): number {
  switch (expectation.kind) {
    case 'at':
      return expectation.revision
    case 'present':
      return -1
    case 'absent':
      return -2
  }
}

function writeArguments(commits: readonly PlannedCommit[]): readonly Buffer[] {
  const puts: { readonly c: number; readonly it: Put }[] = []
  const deletes: { readonly c: number; readonly it: Delete }[] = []
  commits.forEach(({ commit }, index) => {
    for (const write of commit.writes) {
      if (write.kind === 'put') puts.push({ c: index + 1, it: write })
      else deletes.push({ c: index + 1, it: write })
    }
  })
  return [
    binaryArray.int4(puts.map(({ c }) => c)),
    binaryArray.bytea(puts.map(({ it }) => it.key.group)),
    binaryArray.bytea(puts.map(({ it }) => it.key.item)),
    binaryArray.int4(puts.map(({ it }) => it.key.revisionAt ?? -1)),
    binaryArray.bytea(puts.map(({ it }) => withCheck(it.key, it.value))),
    binaryArray.int4(deletes.map(({ c }) => c)),
    binaryArray.bytea(deletes.map(({ it }) => it.key.group)),
    binaryArray.bytea(deletes.map(({ it }) => it.key.item)),
  ]
}

type Put = Write & { readonly kind: 'put' }
type Delete = Write & { readonly kind: 'delete' }

/** What `commit_v1` returned, as the text of an `int8[]`. */
export function commitResults(text: string, count: number): readonly CommitResult[] {
  const numbers = text.slice(1, -1).split(',').map(Number)
  return Array.from({ length: count }, (_, index) => result(numbers[index] ?? 0, numbers[count + index] ?? -1))
}

function result(outcome: number, found: number): CommitResult {
  if (outcome > 0) return { status: 'committed', revision: toRevision(outcome) }
  return { status: 'conflict', expectation: -1 - outcome, found: found < 0 ? undefined : toRevision(found) }
}

/**
 * Cuts a list of commits, given by their locks, into runs, in order: no member of a run expects or writes a key that an earlier member
 * of it writes. So a run can be checked as a whole and then written as a whole.
 *
 * @returns the end of each run: how many commits it and those before it hold
 */
export function commitRuns(commits: readonly (readonly Lock[])[]): readonly number[] {
  if (commits.length === 1) return [1]
  const ends: number[] = []
  let written = new Set<number>()
  commits.forEach((locks, index) => {
    if (touches(locks, written)) {
      ends.push(index)
      written = new Set()
    }
    for (const lock of locks) {
      if (lock.reason === 'key written' || lock.reason === 'group written') written.add(lockNumber(lock))
    }
  })
  if (commits.length > 0) ends.push(commits.length)
  return ends
}

/** Two that write into one group do not touch: only a range that is expected there is touched. */
function touches(locks: readonly Lock[], written: ReadonlySet<number>): boolean {
  return written.size > 0 && locks.some((lock) => lock.reason !== 'group written' && written.has(lockNumber(lock)))
}
