import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import { checkReadRequest } from '../../metadata/check-request.ts'
import { keyTextOnce } from '../../metadata/key-text.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { type BusyOptions, whileBusy } from './busy.ts'
import { lastRevisionColumn, storedValue } from './column-text.ts'
import type { SqlDatabase } from './driver.ts'
import { EntryWriter } from './entry-writer.ts'
import type { LoopTurns } from './loop-turns.ts'
import { faultOf, toNexusError } from './sql-fault.ts'

/**
 * Fills an empty store in one transaction, on a connection of its own: the entries appear all at once, at the end, and an interrupted
 * load leaves the store empty.
 */
export async function loadEntries(
  connect: () => SqlDatabase,
  entries: AsyncIterable<MetadataEntry>,
  turns: LoopTurns,
  options: BusyOptions,
): Promise<void> {
  const database = await whileBusy(connect, options)
  try {
    await whileBusy(() => database.exec('BEGIN IMMEDIATE'), options)
    checkEmpty(database)
    const last = await insertAll(database, entries, turns, options)
    if (last > 0) raiseLastRevision(database, last)
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
  turns: LoopTurns,
  { signal, operation }: BusyOptions,
): Promise<number> {
  const writer = new EntryWriter(database)
  const isThere = database.prepare('SELECT 1 FROM entries WHERE k = ?')
  let last = 0
  for await (const { key, value, revision } of entries) {
    throwIfAborted(signal, operation)
    checkReadRequest({ get: [key] })
    if (value.length > limits.valueBytes) throw refused(`a value of ${value.length} bytes; at most ${limits.valueBytes}`)
    const column = keyTextOnce(key)
    if (isThere.get(column) !== undefined) throw refused('it gives one key twice')
    writer.put(column, revision, storedValue(value))
    last = Math.max(last, revision)
    if (turns.isOverdue()) await turns.next()
  }
  return last
}

/** An empty store may have had commits before: its revisions are not given again. */
function raiseLastRevision(database: SqlDatabase, last: number): void {
  const raise = "INSERT INTO entries (k, r, v) VALUES (?, ?, '') ON CONFLICT (k) DO UPDATE SET r = max(r, excluded.r)"
  database.prepare(raise).run(lastRevisionColumn, last)
}

function checkEmpty(database: SqlDatabase): void {
  if (database.prepare('SELECT 1 FROM entries WHERE k <> ? LIMIT 1').get(lastRevisionColumn) === undefined) return
  throw new NexusError('AlreadyExists', 'metadata.load: the store already holds entries; load into a new one', {
    operation: 'metadata.load',
  })
}

function refused(what: string): NexusError {
  return new NexusError('InvalidArgument', `metadata.load: ${what}`, { operation: 'metadata.load' })
}
