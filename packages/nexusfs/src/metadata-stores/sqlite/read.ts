import { NexusError } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'
import { keyText, keyTextOnce, ownKey } from '../../metadata/keyspace.ts'
import type { Key, MetadataEntry, ReadReply, ReadRequest, Scan, ScanPage } from '../../metadata/metadata-store.ts'
import type { SqlDatabase, SqlRow, SqlStatement } from './driver.ts'
import type { LastRevision } from './last-revision.ts'
import type { ReadBurst } from './read-burst.ts'
import type { CachedEntry, ReadCache } from './read-cache.ts'
import { checkedRow, itemOfStoredKey, storedKey, storedRange } from './stored-row.ts'
import { absentRevision } from './transaction.ts'

/** A reply but for its time. */
export type Snapshot = Pick<ReadReply, 'get' | 'scan'>

/** Pages up to this many entries also fill the cache of entries: who lists a directory reads its files next. */
const sharedPageEntries = 256

/** Reads of one connection: from the cache alone where that is possible, else in one read transaction. */
export class SnapshotReader {
  readonly #cache: ReadCache
  readonly #last: LastRevision
  readonly #begin: SqlStatement
  readonly #end: SqlStatement
  readonly #get: SqlStatement
  readonly #ascending: SqlStatement
  readonly #descending: SqlStatement

  constructor(database: SqlDatabase, last: LastRevision, cache: ReadCache) {
    this.#cache = cache
    this.#last = last
    this.#begin = database.prepare('BEGIN')
    this.#end = database.prepare('COMMIT')
    this.#get = database.prepare('SELECT r, v, c FROM entries WHERE k = ?')
    const ofRange = 'SELECT k, r, v, c FROM entries WHERE k >= ? AND k < ?'
    this.#ascending = database.prepare(`${ofRange} ORDER BY k LIMIT ?`)
    this.#descending = database.prepare(`${ofRange} ORDER BY k DESC LIMIT ?`)
  }

  /**
   * One snapshot, which contains every commit acknowledged before. While own commits run on another thread (`isBehind`), a newer
   * revision in the database is most likely theirs: the cache is then left alone until they are acknowledged.
   */
  read(request: ReadRequest, { burst, isBehind }: { readonly burst: ReadBurst; readonly isBehind: boolean }): Snapshot {
    const cached = this.#fromCache(request)
    if (cached !== undefined && burst.ifUnchanged(this.#last) === this.#cache.revision) return cached
    return this.#inTransaction(() => {
      const isCurrent = this.#enter(isBehind)
      return {
        get: request.get?.map((key) => this.#entry(key, isCurrent)) ?? [],
        scan: request.scan?.map((scan) => this.#page(scan, isCurrent)) ?? [],
      }
    })
  }

  /** The last revision of the store: commits are serial, so that nothing older is still running. */
  horizon(): Revision {
    return this.#last.ifUnchanged() ?? this.#inTransaction(() => this.#last.refresh())
  }

  /** After a failure SQLite may have ended the transaction by itself: what the work threw is what is told. */
  #inTransaction<Result>(work: () => Result): Result {
    this.#begin.run()
    let result: Result
    try {
      result = work()
    } catch (error) {
      try {
        this.#end.run()
      } catch {}
      throw error
    }
    this.#end.run()
    return result
  }

  /** True if the cache is of the revision of the open transaction. */
  #enter(isBehind: boolean): boolean {
    const revision = this.#last.refresh()
    if (!isBehind) this.#cache.moveTo(revision)
    return revision === this.#cache.revision
  }

  #fromCache(request: ReadRequest): Snapshot | undefined {
    const get: (MetadataEntry | undefined)[] = []
    const scan: ScanPage[] = []
    for (const key of request.get ?? []) {
      const cached = this.#cache.entry(keyText(key))
      if (!isComplete(cached)) return undefined
      get.push(cached.entry)
    }
    for (const wanted of request.scan ?? []) {
      const page = this.#cache.page(wanted)
      if (page === undefined) return undefined
      scan.push(page)
    }
    return { get, scan }
  }

  #entry(key: Key, useCache: boolean): MetadataEntry | undefined {
    const column = keyText(key)
    const cached = useCache ? this.#cache.entry(column) : undefined
    if (isComplete(cached)) return cached.entry
    const stored = storedKey(column)
    const row = this.#get.get(stored)
    if (row === undefined) {
      if (useCache) this.#cache.addAbsence(column)
      return undefined
    }
    const { value, revision } = checkedRow(stored, row[0], row[1], row[2])
    const entry = { key: useCache ? ownKey(key) : key, value, revision }
    if (useCache) this.#cache.addEntry(column, entry)
    return entry
  }

  #page(scan: Scan, useCache: boolean): ScanPage {
    const cached = useCache ? this.#cache.page(scan) : undefined
    if (cached !== undefined) return cached
    const { low, high } = storedRange(scan)
    const statement = scan.reverse === true ? this.#descending : this.#ascending
    const rows = statement.all(low, high, scan.limit + 1)
    const shown = rows.length > scan.limit ? rows.slice(0, scan.limit) : rows
    const isKept = useCache && this.#cache.admits(scan, shown.length)
    const share = isKept && shown.length <= sharedPageEntries
    const page = { entries: shown.map((row) => this.#row(row, scan.group, share)), hasMore: rows.length > scan.limit }
    if (isKept) this.#cache.addPage(scan, page)
    return page
  }

  #row([k, r, v, c]: SqlRow, group: Uint8Array, share: boolean): MetadataEntry {
    if (!(k instanceof Uint8Array))
      throw new NexusError('Corrupt', 'sqlite: a key is not a BLOB', { advice: 'restore the database from a backup' })
    const key = { group, item: itemOfStoredKey(k, group.length) }
    const column = share ? keyTextOnce(key) : ''
    const known = share ? this.#cache.entry(column)?.entry : undefined
    if (known !== undefined) return known
    const { value, revision } = checkedRow(k, r, v, c)
    const entry = { key, value, revision }
    if (share) this.#cache.addEntry(column, entry, { isOfPage: true })
    return entry
  }
}

/** False if the cache knows nothing of the key, or its revision only. */
function isComplete(cached: CachedEntry | undefined): cached is CachedEntry {
  return cached !== undefined && (cached.entry !== undefined || cached.revision === absentRevision)
}
