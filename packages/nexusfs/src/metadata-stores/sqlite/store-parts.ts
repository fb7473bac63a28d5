import type { ReadOnlyReason } from '../../core/read-only-reason.ts'
import { connect, type DatabasePlace } from './connection.ts'
import type { PreparedFile } from './database-file.ts'
import { StoreClock } from './last-revision.ts'
import { ReadCache } from './read-cache.ts'
import { ReadOnlyFile } from './read-only-file.ts'
import { Reserve } from './reserve.ts'
import { Session } from './session.ts'

/** What a store is put together from. */
export interface StoreParts {
  readonly place: DatabasePlace
  readonly readOnly: ReadOnlyReason | undefined
  /** Where nothing is written. */
  readonly readOnlyFile: ReadOnlyFile | undefined
  /** Where something is written. */
  readonly reserve: Reserve | undefined
  readonly cache: ReadCache
  readonly clock: StoreClock
  readonly open: () => Session
}

/** The database is not opened yet. */
export function storeParts({ file, readOnly }: PreparedFile, durability: 'disk' | 'os', cacheBytes: number): StoreParts {
  const place = { file, durability }
  const readOnlyFile = readOnly === undefined ? undefined : new ReadOnlyFile(file)
  const reserve = readOnly === undefined ? new Reserve(file) : undefined
  const [cache, clock] = [new ReadCache(cacheBytes), new StoreClock()]
  const open = (): Session => new Session(() => readOnlyFile?.connect() ?? connect(place), cache, clock)
  return { place, readOnly, readOnlyFile, reserve, cache, clock, open }
}
