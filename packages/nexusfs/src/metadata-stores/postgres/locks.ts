import { type Commit, type Expectation, isRangedGroup, type Key, type Write } from '../../metadata/metadata-store.ts'
import type { Int64 } from './binary-array.ts'

/** From this many on, a commit takes the whole store for itself instead: the server's lock table is shared with every application. */
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
export function locksOf(store: number, commit: Commit): readonly Lock[] {
  const locks: Lock[] = []
  for (const expectation of commit.expect) locks.push(expectedLock(store, expectation))
  for (const write of commit.writes) addWritten(store, write, locks)
  return locks
}

export interface Lock extends Int64 {
  readonly reason: 'key expected' | 'range expected' | 'key written' | 'group written'
}

function expectedLock(store: number, expectation: Expectation): Lock {
  if (expectation.kind !== 'range') return { ...lockId(store, expectation.key), reason: 'key expected' }
  return { ...lockId(store, { group: expectation.range.group }), reason: 'range expected' }
}

function addWritten(store: number, write: Write, locks: Lock[]): void {
  const { key } = write
  if (isRangedGroup(key.group)) locks.push({ ...lockId(store, { group: key.group }), reason: 'group written' })
  const hasSlot = write.kind === 'put' && write.key.revisionAt !== undefined
  if (!hasSlot) locks.push({ ...lockId(store, key), reason: 'key written' })
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
  return locks
    .map((lock) => ({ high: lock.high, low: isExclusive(lock) ? lock.low + 1 : lock.low }))
    .sort((a, b) => a.high - b.high || (a.low >>> 1) - (b.low >>> 1) || b.low - a.low)
    .filter((lock, index, all) => lock.high !== all[index - 1]?.high || lock.low >>> 1 !== (all[index - 1]?.low ?? 0) >>> 1)
}

function isExclusive(lock: Lock): boolean {
  return lock.reason === 'range expected' || lock.reason === 'key written'
}

/** One number for a lock, for sets. Two locks may share one by chance, which is as harmless as a collision of the lock itself. */
export function lockNumber(lock: Int64): number {
  return lock.high * 0x1_0000_0000 + lock.low
}

/** What a lock protects: all of the store, a whole group, or one key. */
export type LockSubject = 'gate' | { readonly group: Uint8Array } | Key

/**
 * The 63-bit number of an advisory lock, shifted left by one: the lowest bit is free for the mode. Part of the format, since every
 * client of a store must compute the same: two subjects with one number wait for each other needlessly, one subject with two numbers
 * would not wait at all. Two lanes of multiply-and-xor with a final avalanche; nothing here needs to resist an adversary.
 *
 * @param store the oid of the schema, so that two stores in one database share no locks
 */
export function lockId(store: number, subject: LockSubject): Int64 {
  const lanes: Lanes = { a: 0x2f0b4c47 ^ store, b: 0x61c88647 ^ Math.imul(store, primeA) }
  if (subject === 'gate') return finish(lanes, 0)
  // The group's length keeps ("ab", "c") and ("a", "bc") apart; the tag keeps a group and a key with an empty item apart.
  mix(lanes, subject.group.length & 0xff)
  mix(lanes, subject.group.length >> 8)
  for (const byte of subject.group) mix(lanes, byte)
  if (!('item' in subject)) return finish(lanes, 1)
  for (const byte of subject.item) mix(lanes, byte)
  return finish(lanes, 2)
}

interface Lanes {
  a: number
  b: number
}

const primeA = 0x9e3779b1
const primeB = 0x85ebca77

function mix(lanes: Lanes, byte: number): void {
  lanes.a = Math.imul(lanes.a ^ byte, primeA)
  lanes.b = Math.imul(lanes.b ^ byte, primeB)
  lanes.b ^= lanes.a >>> 15
}

function finish(lanes: Lanes, tag: number): Int64 {
  mix(lanes, tag)
  const high = avalanche(lanes.a ^ Math.imul(lanes.b, primeB))
  const low = avalanche(lanes.b ^ Math.imul(high, primeA))
  return { high: high | 0, low: (low & ~1) >>> 0 }
}

/** The finalizer of MurmurHash3. */
function avalanche(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
