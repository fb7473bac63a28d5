import type { SqlDatabase } from './driver.ts'

/**
 * Does the work between the two statements. If it fails, what it threw is what is told: SQLite may have rolled back by itself, and then
 * has nothing to roll back.
 */
export function transact<Result>(
  database: SqlDatabase,
  begin: 'BEGIN' | 'BEGIN IMMEDIATE',
  end: 'COMMIT' | 'ROLLBACK',
  work: () => Result,
): Result {
  database.exec(begin)
  try {
    const result = work()
    database.exec(end)
    return result
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {}
    throw error
  }
}
