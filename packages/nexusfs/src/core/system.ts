import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Random } from './clock.ts'

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  },
}

const poolBytes = 4096
let pool: Uint8Array<ArrayBuffer> = new Uint8Array(0)
let used = 0

/** Randomness of the operating system, fetched a page at a time because small requests cost as much as large ones. */
export const systemRandom: Random = {
  bytes: (size) => {
    if (size > poolBytes) return new Uint8Array(randomBytes(size))
    if (used + size > pool.length) {
      pool = new Uint8Array(randomBytes(poolBytes))
      used = 0
    }
    used += size
    return pool.slice(used - size, used)
  },
  fraction: () => Math.random(),
}
