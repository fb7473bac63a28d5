import type { Revision } from '../../core/revision.ts'
import { Listeners } from '../../engine-kit/listeners.ts'
import type { Watch } from '../../metadata/metadata-store.ts'

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
