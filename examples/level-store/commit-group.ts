import type { Commit, CommitResult, Expectation, ItemRange, Revision } from 'nexusfs'
import { keyText, nextRevision } from 'nexusfs/adapter-kit'
import { type Database, lastRevisionKey, revisionOf, storedRange, storedValue, writtenKey } from './stored-entry.ts'

/** Commits that go to disk in one batch: each sees the database and the changes of those before it. Nobody else writes meanwhile. */
export class CommitGroup {
  readonly #database: Database
  /** By stored key; `undefined` = deleted. */
  readonly #changes = new Map<string, Uint8Array | undefined>()
  #last: Revision

  constructor(database: Database, last: Revision) {
    this.#database = database
    this.#last = last
  }

  async addAll(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    const results: CommitResult[] = []
    for (const commit of commits) results.push(await this.#add(commit))
    return results
  }

  /** All expectations, then all writes. */
  async #add({ expect, writes }: Commit): Promise<CommitResult> {
    for (const [index, expectation] of expect.entries()) {
      const revisions = await this.#revisions(expectation)
      if (!holds(expectation, revisions)) return { status: 'conflict', expectation: index, found: revisions.at(-1) }
    }
    this.#last = nextRevision(this.#last)
    for (const write of writes) {
      const stored = write.kind === 'put' ? storedValue(this.#last, write.value) : undefined
      this.#changes.set(writtenKey(write.key, this.#last), stored)
    }
    return { status: 'committed', revision: this.#last }
  }

  /** Makes everything visible at one instant, and durable if `sync`. Returns the last revision. */
  async write(sync: boolean): Promise<Revision> {
    if (this.#changes.size === 0) return this.#last
    const batch = this.#database.batch().put(lastRevisionKey, storedValue(this.#last))
    for (const [key, stored] of this.#changes) stored === undefined ? batch.del(key) : batch.put(key, stored)
    await batch.write({ sync })
    return this.#last
  }

  /** The revisions of the entries that the expectation is about, rising. */
  async #revisions(about: Expectation): Promise<readonly Revision[]> {
    const found = about.kind === 'range' ? await this.#inRange(about.range) : [await this.#at(keyText(about.key))]
    const revisions = found.filter((stored) => stored !== undefined).map(revisionOf)
    return revisions.sort((a, b) => a - b)
  }

  async #at(key: string): Promise<Uint8Array | undefined> {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#database.get(key)
  }

  async #inRange(range: ItemRange): Promise<readonly (Uint8Array | undefined)[]> {
    const { gte, lt } = storedRange(range)
    const entries = new Map<string, Uint8Array | undefined>(await this.#database.iterator({ gte, lt }).all())
    for (const [key, stored] of this.#changes) if (key >= gte && key < lt) entries.set(key, stored)
    return [...entries.values()]
  }
}

function holds(expectation: Expectation, revisions: readonly Revision[]): boolean {
  const highest = revisions.at(-1)
  if (expectation.kind === 'at') return highest === expectation.revision
  if (expectation.kind === 'absent') return highest === undefined
  if (expectation.kind === 'present') return highest !== undefined
  return revisions.length === expectation.count && (highest ?? 0) <= expectation.maxRevision
}
