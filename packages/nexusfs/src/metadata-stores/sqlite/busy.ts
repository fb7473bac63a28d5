import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '../../core/errors.ts'
import { faultOf, isBusy, toNexusError } from './sql-fault.ts'

/** Pauses between attempts, in ms: the first and the longest. */
const firstPauseMs = 0.5
const longestPauseMs = 20

export interface BusyOptions {
  readonly operation: string
  /** How long to go on trying. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Repeats a synchronous attempt while another connection is in its way, without blocking the event loop: SQLite's own waiting would.
 * @throws {NexusError} Unavailable after `timeoutMs`, Aborted, and whatever else the attempt met
 */
export async function whileBusy<Result>(attempt: () => Result, { operation, timeoutMs, signal }: BusyOptions): Promise<Result> {
  const deadline = performance.now() + timeoutMs
  for (let attempts = 0; ; attempts++) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(faultOf(error)) || performance.now() >= deadline) throw toNexusError(error, operation)
    }
    await sleep(busyPause(attempts))
    throwIfAborted(signal, operation)
  }
}

/** Grows with the attempts, and differs from process to process, so that they do not meet again and again. */
export function busyPause(attempts: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** attempts) * (0.5 + Math.random())
}
