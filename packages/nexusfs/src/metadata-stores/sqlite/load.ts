import { NexusError } from '../../core/errors.ts'
import { type Revision, revisionZero, toRevision } from '../../core/revision.ts'
import type { EventLoopYield } from '../../engine-kit/event-loop.ts'
import { loadBatches } from '../../engine-kit/load-batches.ts'
import { keyTextOnce } from '../../metadata/keyspace.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import type { SqlDatabase } from './driver.ts'
import { type BusyOptions, faultOf, toNexusError, whileBusy } from './errors.ts'
import { LastRow } from './last-revision.ts'
import { storedKey } from './stored-row.ts'
import { EntryWriter } from './transaction.ts'

/**
 * Fills an empty store in one transaction, on a connection of its own: the entries appear all at once, at the end, and an interrupted
 * load leaves the store empty.
 */
export async function loadEntries(
  connect: () => SqlDatabase,
  entries: AsyncIterable<MetadataEntry>,
  turns: EventLoopYield,
  options: BusyOptions,
): Promise<void> {
  const database = await whileBusy(connect, options)
  try {
    await whileBusy(() => database.exec('BEGIN IMMEDIATE'), options)
    checkEmpty(database)
    const row = new LastRow(database)
    const before = row.read() ?? { revision: revisionZero, time: 0 }
    row.remove()
    const last = await insertAll(database, entries, turns, options.signal)
    // An empty store may have had commits before: its revisions are not given again.
    const revision = toRevision(Math.max(last, before.revision))
    if (revision > revisionZero) row.append({ revision, time: before.time })
    database.exec('COMMIT')
  } catch (error) {
    // What the source of the entries threw is not SQLite's, and passes.
    throw faultOf(error).code === 0 ? error : toNexusError(error, options.operation)
  } finally {
    // Rolls back what was not committed.
    database.close()
  }
}

/** Returns the highest revision. */
async function insertAll(
  database: SqlDatabase,
  entries: AsyncIterable<MetadataEntry>,
  turns: EventLoopYield,
  signal: AbortSignal | undefined,
): Promise<Revision> {
  const writer = new EntryWriter(database)
  const isThere = database.prepare('SELECT 1 FROM entries WHERE k = ?')
  const insert = async (batch: readonly MetadataEntry[]): Promise<void> => {
    for (const { key, value, revision } of batch) {
      const column = keyTextOnce(key)
      if (isThere.get(storedKey(column)) !== undefined) throw givenTwice()
      writer.put(column, revision, value)
    }
    if (turns.isOverdue()) await turns.next()
  }
  return loadBatches(entries, { entries: 50, bytes: 262_144, signal, insert })
}

function checkEmpty(database: SqlDatabase): void {
  if (database.prepare('SELECT 1 FROM entries WHERE k IS NOT NULL LIMIT 1').get() === undefined) return
  throw new NexusError('AlreadyExists', 'metadata.load: the store already holds entries', {
    advice: 'load into a new one',
    operation: 'metadata.load',
  })
}

function givenTwice(): NexusError {
  return new NexusError('InvalidArgument', 'metadata.load: it gives one key twice', {
    operation: 'metadata.load',
    outcome: 'none',
  })
}
