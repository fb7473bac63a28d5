import { epochOf, revisionsPerEpoch, revisionZero, toRevision } from '../../core/revision.ts'
import { type BusyOptions, whileBusy } from './busy.ts'
import type { SqlDatabase } from './driver.ts'
import { LastRow } from './last-row.ts'
import { toNexusError } from './sql-fault.ts'

/** Moves the last revision to the start of the next epoch, in one transaction on a connection of its own. */
export async function raiseEpoch(connect: () => SqlDatabase, options: BusyOptions): Promise<void> {
  const database = await whileBusy(connect, options)
  try {
    await whileBusy(() => database.exec('BEGIN IMMEDIATE'), options)
    const row = new LastRow(database)
    const { revision, time } = row.read() ?? { revision: revisionZero, time: 0 }
    row.remove()
    row.append({ revision: toRevision((epochOf(revision) + 1) * revisionsPerEpoch), time })
    database.exec('COMMIT')
  } catch (error) {
    throw toNexusError(error, options.operation)
  } finally {
    // Rolls back what was not committed.
    database.close()
  }
}
