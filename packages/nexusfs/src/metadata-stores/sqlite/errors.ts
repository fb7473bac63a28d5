import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, isNexusError, NexusError, type Outcome, throwIfAborted } from '../../core/errors.ts'
import { Backoff } from '../../engine-kit/backoff.ts'

/** What SQLite said, as plain data, so that it can cross from one thread to another. */
export interface SqlFault {
  /** SQLite's extended result code (https://sqlite.org/rescode.html); 0 if the failure is not SQLite's. */
  readonly code: number
  readonly message: string
}

const busy = 5
const locked = 6
const ioError = 10
const corrupt = 11

/** Of our own, among the extended codes of SQLITE_BUSY: a WAL whose commits a reader without the right to write cannot reach. */
export const walOutOfReach = 25_605

/** The primary result codes, and extended ones, that say something of their own; all others are `Unexpected`. */
const meanings: Readonly<Record<number, { readonly code: ErrorCode; readonly advice: string }>> = {
  3: { code: 'PermissionDenied', advice: 'check the rights on the file and its folder' },
  5: { code: 'Unavailable', advice: 'try again: another process holds the write lock' },
  6: { code: 'Unavailable', advice: 'try again: another connection holds the write lock' },
  7: { code: 'Unavailable', advice: 'try again when there is more memory' },
  8: {
    code: 'ReadOnly',
    advice: 'make the database file and its folder writable, or, if they are, restore a backup: its first page is damaged',
  },
  10: { code: 'Unavailable', advice: 'look at the health of the disk and at the system log' },
  11: { code: 'Corrupt', advice: 'restore the database from a backup' },
  13: { code: 'NoSpace', advice: 'free space on the disk that holds the database' },
  14: { code: 'Unavailable', advice: 'check that the file and its folder exist and can be opened' },
  23: { code: 'PermissionDenied', advice: 'check the rights on the file and its folder' },
  26: {
    code: 'Corrupt',
    advice: 'the file is not an SQLite database, or its first page is damaged: name another, or restore a backup',
  },
  1032: { code: 'Unavailable', advice: 'put the file back, or close this store and open it again' },
  [walOutOfReach]: {
    code: 'ReadOnly',
    advice: 'open the store once where it can be written, or copy the whole folder to a disk that takes writes and open the copy',
  },
  // The file of shared memory beside the database cannot grow.
  4874: { code: 'NoSpace', advice: 'free space on the disk that holds the database' },
}

export function faultOf(error: unknown): SqlFault {
  const message = error instanceof Error ? error.message : String(error)
  if (isNexusError(error, 'Corrupt')) return { code: corrupt, message }
  // A number of more than 53 bits: nobody wrote one.
  if (error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE') return { code: corrupt, message }
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
    return { code: isOfDamage(error.errcode, message) ? corrupt : error.errcode, message }
  }
  return { code: 0, message }
}

/** What SQLite calls a mere error although a page says what no SQLite has written. */
function isOfDamage(code: number, message: string): boolean {
  return code === 1 && /unsupported file format|malformed/.test(message)
}

/** True if another connection is in the way: nothing was done, and the same call may succeed a moment later. */
export function isBusy({ code }: SqlFault): boolean {
  return primary(code) === busy || primary(code) === locked
}

/** True if the medium failed, so that nobody knows how much of a commit reached it. A full disk is not meant: that is known. */
export function isIoError({ code }: SqlFault): boolean {
  return primary(code) === ioError
}

/** The one function in which SQLite's errors become those of Nexus. An error that already is one passes. */
export function toNexusError(error: unknown, operation: string, outcome?: Outcome): NexusError {
  if (isNexusError(error)) return error
  return faultError(faultOf(error), operation, outcome, error)
}

export function faultError(fault: SqlFault, operation: string, outcome?: Outcome, cause?: unknown): NexusError {
  const { code, advice } = meanings[fault.code] ??
    meanings[primary(fault.code)] ?? { code: 'Unexpected', advice: 'please report this' }
  return new NexusError(code, `${operation}: SQLite: ${fault.message}`, {
    advice,
    outcome,
    operation,
    context: { sqlite: fault.code },
    ...(cause === undefined ? {} : { cause }),
  })
}

function primary(code: number): number {
  return code & 0xff
}

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
