import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

/** Time and randomness are handed in, so that a whole system can run deterministically. */
export interface Clock {
  /** Milliseconds since 1970, whole; may step back. */
  now(): number
  /** Milliseconds from an arbitrary origin; never steps back. */
  monotonic(): number
  /** Resolves after at least `ms` milliseconds; rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Where ids and jitter come from. */
export interface Random {
  /** Fresh, unpredictable bytes. */
  bytes(size: number): Uint8Array<ArrayBuffer>
  /** A number in [0, 1), for jitter. */
  fraction(): number
}

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
