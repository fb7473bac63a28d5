import { throwIfAborted } from '../../core/errors.ts'
import type { Connection, Row } from './connection.ts'
import { lockId } from './locks.ts'

export interface StoreLockPlan {
  /** The port call, for errors. */
  readonly operation: string
  /** The oid of the schema. */
  readonly store: number
  /** For each statement. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** One statement of the transaction. */
export type Run = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

/** Runs `work` in one transaction while no commit is under way in the store; cancelled, or after any error, it has done nothing. */
export async function withStoreLock<T>(connection: Connection, plan: StoreLockPlan, work: (run: Run) => Promise<T>): Promise<T> {
  const { operation, timeoutMs } = plan
  const run: Run = (text, values) => connection.query({ operation, text, timeoutMs, ...(values === undefined ? {} : { values }) })
  await run('BEGIN ISOLATION LEVEL READ COMMITTED')
  try {
    await run('SET LOCAL idle_in_transaction_session_timeout = 0')
    await run('SELECT pg_advisory_xact_lock($1)', [gateNumber(plan.store)])
    const result = await work(run)
    throwIfAborted(plan.signal, operation)
    await run('COMMIT')
    return result
  } catch (error) {
    await run('ROLLBACK').catch(() => connection.close())
    throw error
  }
}

/** The lock that every commit takes, as the server numbers it. */
function gateNumber(store: number): string {
  const { high, low } = lockId(store, 'gate')
  return String(((BigInt(high) << 32n) | BigInt(low)) >> 1n)
}
