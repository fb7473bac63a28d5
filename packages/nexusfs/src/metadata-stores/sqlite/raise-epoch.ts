import { epochOf, revisionsPerEpoch, toRevision } from '../../core/revision.ts'
import { type BusyOptions, whileBusy } from './busy.ts'
import { lastRevisionColumn } from './column-text.ts'
import type { SqlDatabase } from './driver.ts'
import { toNexusError } from './sql-fault.ts'

/** Moves the last revision to the start of the next epoch, in one transaction on a connection of its own. */
export async function raiseEpoch(connect: () => SqlDatabase, options: BusyOptions): Promise<void> {
  const database = await whileBusy(connect, options)
  try {
    await whileBusy(() => database.exec('BEGIN IMMEDIATE'), options)
    const last = toRevision(Number(database.prepare('SELECT r FROM entries WHERE k = ?').get(lastRevisionColumn)?.[0] ?? 0))
    const raised = (epochOf(last) + 1) * revisionsPerEpoch
    const raise = "INSERT INTO entries (k, r, v) VALUES (?, ?, '') ON CONFLICT (k) DO UPDATE SET r = excluded.r"
    database.prepare(raise).run(lastRevisionColumn, raised)
    database.exec('COMMIT')
  } catch (error) {
    throw toNexusError(error, options.operation)
  } finally {
    // Rolls back what was not committed.
    database.close()
  }
}
