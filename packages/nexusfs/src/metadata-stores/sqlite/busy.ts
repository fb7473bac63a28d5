import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '../../core/errors.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import { faultOf, isBusy, toNexusError } from './sql-fault.ts'

/** Pauses between attempts while another connection is in the way, in ms. */
export const busyPauses = { firstMs: 0.5, longestMs: 20 } as const

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
  const pauses = new Backoff(busyPauses)
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(faultOf(error)) || performance.now() >= deadline) throw toNexusError(error, operation)
    }
    await sleep(pauses.next())
    throwIfAborted(signal, operation)
  }
}
