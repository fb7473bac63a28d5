import { NexusError } from '../../core/errors.ts'
import type { Id } from '../../core/id.ts'
import { type Revision, revisionZero, toRevision } from '../../core/revision.ts'
import type { Clock } from '../../core/system.ts'
import { logGroup, revisionInLogItem } from '../../metadata/keyspace.ts'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import type { StorageBackend } from '../../storage/storage-backend.ts'

/** While there are commits, a new witness is left this often, in milliseconds. */
const everyMs = 60_000
const digits = 16

/**
 * Revisions that the metadata store had reached, kept in the storage backend as the names of empty blobs. A metadata store that comes
 * back from an older copy is below them, and would hand out numbers a second time. Detection reaches back to the last witness:
 * left at the first commit of a process, every minute of commits, and at close. The first one of a process removes those before it.
 */
export class Witness {
  readonly #storage: StorageBackend
  readonly #prefix: string
  readonly #clock: Clock
  #latest: Revision | undefined
  #left: Revision | undefined
  #leftAt = Number.NEGATIVE_INFINITY
  #leaving: Promise<void> = Promise.resolve()
  /** Left by this process or, as of the check, by others. */
  #superseded: readonly string[] = []

  constructor(storage: StorageBackend, storeId: Id, clock: Clock) {
    this.#storage = storage
    this.#prefix = `${storeId}/witness/`
    this.#clock = clock
  }

  /**
   * @param horizon of the store now. While an older commit is running it is below commits that were acknowledged; those are in the log.
   * @throws {NexusError} Corrupt (reason `rolled back`) if the store was further once than it is now
   */
  async check(metadata: MetadataStore, horizon: Revision): Promise<void> {
    const seen = await this.seen()
    if (seen <= horizon || seen <= (await newestLogged(metadata))) return
    throw new NexusError(
      'Corrupt',
      `the metadata store has gone back in time: it is at revision ${horizon}, and was at ${seen} before`,
      {
        advice: 'restore its newest copy; if this is the newest, raise its epoch (`nexus epoch raise`) before it is used',
        operation: 'open',
        context: { reason: 'rolled back', revision: horizon, seen },
      },
    )
  }

  /** The highest revision that was witnessed; 0 if there was none. */
  async seen(): Promise<Revision> {
    const keys = await this.#list()
    const newest = keys.at(-1)
    if (newest === undefined) return revisionZero
    this.#superseded = keys
    return toRevision(Number(newest.slice(this.#prefix.length)))
  }

  /** Takes note of a commit; now and then leaves a witness, in the background. */
  committed(revision: Revision): void {
    if (this.#latest === undefined || revision > this.#latest) this.#latest = revision
    if (this.#clock.monotonic() - this.#leftAt < everyMs) return
    this.#leftAt = this.#clock.monotonic()
    this.#leaving = this.#leaving.then(() => this.#leave())
  }

  /** Leaves the last witness of this process. */
  async close(): Promise<void> {
    await this.#leaving
    await this.#leave()
  }

  /** Those before are removed after the new one is there. A witness that cannot be left is left the next time. */
  async #leave(): Promise<void> {
    const latest = this.#latest
    if (latest === undefined || latest === this.#left) return
    const key = this.#keyOf(latest)
    try {
      await this.#storage.put(key, new Uint8Array(0), { size: 0 })
      this.#left = latest
      const older = this.#superseded.filter((each) => each < key)
      this.#superseded = [key]
      if (older.length > 0) await this.#storage.delete(older)
    } catch {
      this.#leftAt = Number.NEGATIVE_INFINITY
    }
  }

  /** Reads the names that are there, oldest first. */
  async #list(): Promise<readonly string[]> {
    const keys: string[] = []
    let after: string | undefined
    do {
      const page = await this.#storage.list({ prefix: this.#prefix, after })
      for (const { key } of page.blobs) keys.push(key)
      after = page.next
    } while (after !== undefined)
    return keys
  }

  #keyOf(revision: Revision): string {
    return `${this.#prefix}${String(revision).padStart(digits, '0')}`
  }
}

/** Every commit of a file system leaves a row in the log. */
async function newestLogged(metadata: MetadataStore): Promise<Revision> {
  const { scan } = await metadata.read({ scan: [{ group: logGroup, limit: 1, reverse: true }] })
  const row = scan[0]?.entries[0]
  return row === undefined ? revisionZero : revisionInLogItem(row.key.item)
}
