import { fromBinaryText } from '../../core/bytes.ts'
import { nextRevision, type Revision, toRevision } from '../../core/revision.ts'
import type { SqlDatabase, SqlStatement } from './driver.ts'
import { faultOf, isBusy, isIoError, type SqlFault } from './errors.ts'
import {
  checksumOf,
  type PlannedCommit,
  type PlannedExpectation,
  type PlannedWrite,
  storedKey,
  writtenColumn,
} from './stored-row.ts'

/** What became of a group, as plain data. */
export type TransactionOutcome =
  | {
      readonly kind: 'done'
      /** One for each commit that was tried: the first ones of the group, as many as fitted into the time. */
      readonly results: readonly MemberResult[]
      /** The last revision of the store before the group and after it. */
      readonly previous: Revision
      readonly last: Revision
      /** Of the COMMIT alone: what the disk took. */
      readonly flushMs: number
    }
  /** Another connection holds the lock; nothing was done. */
  | { readonly kind: 'busy' }
  /** A statement failed; nothing was applied. Of a group of several it is not known whose fault it was. */
  | { readonly kind: 'failed'; readonly fault: SqlFault }
  /** No transaction could begin, though nobody was in the way; nothing was applied, and the connection is not to be used again. */
  | { readonly kind: 'broken'; readonly fault: SqlFault }
  /** The medium failed in the COMMIT; the group may be applied or not, and the connection is not to be used again. */
  | { readonly kind: 'lost'; readonly fault: SqlFault }

export type MemberResult =
  | { readonly kind: 'committed'; readonly revision: Revision }
  | { readonly kind: 'conflict'; readonly expectation: number; readonly found: Revision | undefined }

/** What is known about the store before any statement; asked inside the transaction. */
export interface KnownRevisions {
  /** Takes note that a write transaction has begun; returns the last revision of the store. */
  enter(): Revision
  /** The revision of the key's entry, `absentRevision`, or `undefined` if that is not known. */
  revisionOf(column: string): number | undefined
  /** To be called before the first write of the transaction, and after the last one with the revision it has reached. */
  beginWrites(): void
  endWrites(last: Revision): void
  /** Takes note that the transaction was committed, and with it the revisions up to this one. */
  committed(last: Revision): void
}

export const absentRevision = -1

/** More rows of a range than anyone can expect: the last one counted. */
const countedRows = 10_001

/**
 * Applies a group of commits in one transaction, at one go: no other work of the thread comes between, so nobody can see it half done.
 * A failed expectation has written nothing, so that members need no savepoints.
 */
export class TransactionRunner {
  readonly #known: KnownRevisions
  readonly #groupMs: number
  readonly #begin: SqlStatement
  readonly #commit: SqlStatement
  readonly #rollback: SqlStatement
  readonly #revision: SqlStatement
  readonly #range: SqlStatement
  readonly #writer: EntryWriter
  /** Revisions that the running group has written. */
  readonly #written = new Map<string, number>()

  /** @param groupMs the longest a group may take before its flush, in ms. */
  constructor(database: SqlDatabase, known: KnownRevisions, groupMs: number) {
    this.#known = known
    this.#groupMs = groupMs
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
    this.#revision = database.prepare('SELECT r FROM entries WHERE k = ?')
    this.#range = database.prepare(
      `SELECT count(*), max(r) FROM (SELECT r FROM entries WHERE k >= ? AND k < ? LIMIT ${countedRows})`,
    )
    this.#writer = new EntryWriter(database)
  }

  run(group: readonly PlannedCommit[]): TransactionOutcome {
    try {
      this.#begin.run()
    } catch (error) {
      const fault = faultOf(error)
      return isBusy(fault) ? { kind: 'busy' } : { kind: 'broken', fault }
    }
    this.#written.clear()
    try {
      return this.#finish(this.#apply(group))
    } catch (error) {
      this.#abandon()
      return { kind: 'failed', fault: faultOf(error) }
    }
  }

  #apply(group: readonly PlannedCommit[]): Applied {
    const end = performance.now() + this.#groupMs
    const previous = this.#known.enter()
    const results: MemberResult[] = []
    let last = previous
    for (const commit of group) {
      const conflict = this.#firstConflict(commit.expect)
      if (conflict === undefined) {
        if (last === previous) this.#known.beginWrites()
        last = nextRevision(last)
        for (const write of commit.writes) this.#write(write, last)
      }
      results.push(conflict ?? { kind: 'committed', revision: last })
      if (performance.now() > end) break
    }
    if (last > previous) this.#known.endWrites(last)
    return { results, previous, last }
  }

  #finish(applied: Applied): TransactionOutcome {
    const start = performance.now()
    try {
      this.#commit.run()
    } catch (error) {
      const fault = faultOf(error)
      this.#abandon()
      return { kind: isIoError(fault) ? 'lost' : 'failed', fault }
    }
    const flushMs = performance.now() - start
    this.#known.committed(applied.last)
    return { kind: 'done', ...applied, flushMs }
  }

  /** SQLite may have rolled back by itself, and then says that there is nothing to roll back. */
  #abandon(): void {
    try {
      this.#rollback.run()
    } catch {}
  }

  #firstConflict(expect: readonly PlannedExpectation[]): MemberResult | undefined {
    let index = 0
    for (const expectation of expect) {
      const conflict =
        expectation.kind === 'range' ? this.#rangeConflict(expectation, index) : this.#keyConflict(expectation, index)
      if (conflict !== undefined) return conflict
      index += 1
    }
    return undefined
  }

  #keyConflict(expectation: Exclude<PlannedExpectation, { kind: 'range' }>, index: number): MemberResult | undefined {
    const found = this.#revisionOf(expectation.column)
    const holds =
      expectation.kind === 'at' ? found === expectation.revision : (found === absentRevision) === (expectation.kind === 'absent')
    return holds ? undefined : conflictAt(index, found === absentRevision ? null : found)
  }

  #rangeConflict(expectation: PlannedExpectation & { kind: 'range' }, index: number): MemberResult | undefined {
    const row = this.#range.get(expectation.low, expectation.high)
    const count = Number(row?.[0])
    const highest = row?.[1] ?? null
    if (count === expectation.count && (highest === null || Number(highest) <= expectation.maxRevision)) return undefined
    return conflictAt(index, highest)
  }

  #revisionOf(column: string): number {
    const known = this.#written.get(column) ?? this.#known.revisionOf(column)
    if (known !== undefined) return known
    const row = this.#revision.get(storedKey(column))
    return row === undefined ? absentRevision : Number(row[0])
  }

  #write(write: PlannedWrite, revision: Revision): void {
    const column = writtenColumn(write, revision)
    const { value } = write
    if (value === null) {
      this.#writer.delete(column)
      this.#written.set(column, absentRevision)
      return
    }
    this.#writer.put(column, revision, value)
    this.#written.set(column, revision)
  }
}

interface Applied {
  readonly results: readonly MemberResult[]
  readonly previous: Revision
  readonly last: Revision
}

function conflictAt(expectation: number, found: unknown): MemberResult {
  return { kind: 'conflict', expectation, found: found === null ? undefined : toRevision(Number(found)) }
}

/** The statements that change entries. */
export class EntryWriter {
  readonly #put: SqlStatement
  readonly #delete: SqlStatement

  constructor(database: SqlDatabase) {
    this.#put = database.prepare(
      `INSERT INTO entries (k, r, v, c) VALUES (?, ?, ?, ?)
       ON CONFLICT (k) WHERE k IS NOT NULL DO UPDATE SET r = excluded.r, v = excluded.v, c = excluded.c`,
    )
    this.#delete = database.prepare('DELETE FROM entries WHERE k = ?')
  }

  put(column: string, revision: number, value: string | Uint8Array): void {
    const key = storedKey(column)
    const bytes = typeof value === 'string' ? fromBinaryText(value) : value
    this.#put.run(key, revision, bytes, checksumOf(key, revision, bytes))
  }

  delete(column: string): void {
    this.#delete.run(storedKey(column))
  }
}

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
