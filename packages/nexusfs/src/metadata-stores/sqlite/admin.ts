import { lstat, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { epochOf, revisionsPerEpoch, revisionZero, toRevision } from '../../core/revision.ts'
import { connect } from './connection.ts'
import { loadSqlite, type SqlDatabase } from './driver.ts'
import { type BusyOptions, toNexusError, whileBusy } from './errors.ts'
import { LastRow } from './last-revision.ts'
import type { ReadOnlyFile } from './read-only-file.ts'

/** All pages in one step: one read transaction, which nobody who commits meanwhile makes begin again. */
const allPages = 2 ** 31 - 1

const operation = 'metadata.backup'

/** How long the copy, which nobody else knows, is waited for. */
const timeoutMs = 10_000

/**
 * Copies a database, as one of its commits left it, into a new file through SQLite's online backup, on a thread of libuv; commits go
 * on meanwhile. The copy is in the next epoch, and synced. Once begun it cannot be cancelled. A failure leaves no file.
 * @throws {NexusError} AlreadyExists if the file is there, Aborted before the copy begins, NoSpace, and other faults of SQLite
 */
export async function copyDatabase(from: string | ReadOnlyFile, target: string, signal: AbortSignal | undefined): Promise<void> {
  const copy = resolve(target)
  throwIfAborted(signal, operation)
  if (await isThere(copy)) {
    throw new NexusError('AlreadyExists', `${operation}: ${copy} is there already`, {
      advice: 'name a file that is not',
      operation,
    })
  }
  const sqlite = loadSqlite()
  // A connection of its own: the calls of the store do not wait for the copy.
  const source = new sqlite.DatabaseSync(typeof from === 'string' ? from : from.url, { readOnly: true, timeout: 0 })
  try {
    await sqlite.backup(source, copy, { rate: allPages })
    if (typeof from !== 'string' && !from.isCurrent) throw writtenBeside()
    await raiseEpoch(() => connect({ file: copy, durability: 'disk' }), { operation, timeoutMs })
  } catch (error) {
    for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(copy + suffix, { force: true })
    throw toNexusError(error, operation)
  } finally {
    source.close()
  }
}

/** Without locks, the copy can be of two commits. */
function writtenBeside(): NexusError {
  return new NexusError('Unavailable', `${operation}: the database was written to while it was copied; try again`, {
    operation,
    retry: 'safe',
  })
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  )
}

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
