import type { Key } from '../../metadata/metadata-store.ts'
import type { Int64 } from './binary-array.ts'

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
