import { lstatSync } from 'node:fs'
import type { Revision } from '../../core/revision.ts'
import { Listeners } from '../../engine-kit/listeners.ts'
import type { Watch } from '../../metadata/metadata-store.ts'
import type { SqlFault } from './errors.ts'

/** How often other processes' commits are looked for, in ms. */
const pollMs = 25

/**
 * Calls listeners when the last revision has grown: soon after commits of this store, and by looking every 25 ms after those of
 * others. The timer runs while there are listeners, and does not keep the process alive.
 */
export class RevisionWatch {
  readonly #lastRevision: () => Revision | undefined
  readonly #listeners = new Listeners(() => this.#hasGrown())
  #seen: Revision | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param lastRevision that of the store, or `undefined` if it cannot be told now. */
  constructor(lastRevision: () => Revision | undefined) {
    this.#lastRevision = lastRevision
  }

  add(listener: () => void): Watch {
    this.#seen ??= this.#lastRevision()
    const stop = this.#listeners.add(listener)
    this.#timer ??= setInterval(() => this.#listeners.notify(), pollMs).unref()
    return {
      close: async () => {
        stop()
        if (this.#listeners.size === 0) this.close()
      },
    }
  }

  /** Says that this store has committed. */
  committed(): void {
    this.#listeners.notify()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#seen = undefined
    this.#listeners.clear()
  }

  #hasGrown(): boolean {
    const revision = this.#lastRevision()
    if (revision === undefined || revision === this.#seen) return false
    this.#seen = revision
    return true
  }
}

/** Reads look at most this often, in ms; each group of commits looks before it begins. */
const lookEveryMs = 1_000

/** SQLITE_READONLY_DBMOVED: what SQLite itself says of it, though only without a write-ahead log. */
const moved = 1_032

/** An inode number above 2^53 is rounded, which hides the change of one file in very many. */
interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

/**
 * Notices that the database file was removed or replaced while it is open: an open file lives on without a name, and what is committed
 * to it is lost when it is closed. Only looks at the name: to open and close the file would drop the locks of this process.
 */
export class FileWatch {
  readonly #file: string
  readonly #identity: FileIdentity | undefined
  #lookedAt = 0

  /** @param file that is there. */
  constructor(file: string) {
    this.#file = file
    this.#identity = identityOf(file)
  }

  /** What is wrong, or `undefined` while the file at the path is the one that was opened. */
  fault(): SqlFault | undefined {
    this.#lookedAt = performance.now()
    const found = identityOf(this.#file)
    if (found?.ino === this.#identity?.ino && found?.dev === this.#identity?.dev) return undefined
    return { code: moved, message: `${this.#file} was removed or replaced while it was open` }
  }

  /** The same, looked for at most once a second. */
  faultNowAndThen(): SqlFault | undefined {
    return performance.now() - this.#lookedAt < lookEveryMs ? undefined : this.fault()
  }
}

function identityOf(file: string): FileIdentity | undefined {
  return lstatSync(file, { throwIfNoEntry: false })
}
