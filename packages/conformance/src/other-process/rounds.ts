import { setTimeout } from 'node:timers/promises'

/** When each of many rounds begins, by the clock that the processes of a machine share. */
export interface Rounds {
  readonly count: number
  /** Nanoseconds of `process.hrtime`. */
  readonly startsAt: bigint
}

const roundMs = 4

/** So many rounds, of which the first begins in a moment. */
export function roundsFromNow(count: number): Rounds {
  return { count, startsAt: process.hrtime.bigint() + 10_000_000n }
}

/** Waits for the instant at which a round begins in every process. It stays awake at the end: a timer is too late by more than a commit takes. */
export async function beginning({ startsAt }: Rounds, round: number): Promise<void> {
  const at = startsAt + BigInt(round * roundMs * 1_000_000)
  const ms = Number(at - process.hrtime.bigint()) / 1_000_000
  if (ms > 2) await setTimeout(ms - 2)
  while (process.hrtime.bigint() < at) {
    // The instant is less than 2 ms away.
  }
}
