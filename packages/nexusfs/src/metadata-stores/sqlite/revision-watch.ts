import type { Revision } from '../../core/revision.ts'
import { callListener } from '../../metadata/call-listener.ts'
import type { Watch } from '../../metadata/metadata-store.ts'

/** How often other processes' commits are looked for, in ms. */
const pollMs = 25

/**
 * Calls listeners when the last revision has grown: soon after commits of this store, and by looking every 25 ms after those of
 * others. The timer runs while there are listeners, and does not keep the process alive.
 */
export class RevisionWatch {
  readonly #lastRevision: () => Revision | undefined
  readonly #listeners = new Set<() => void>()
  #seen: Revision | undefined
  #timer: NodeJS.Timeout | undefined
  #isScheduled = false

  /** @param lastRevision that of the store, or `undefined` if it cannot be told now. */
  constructor(lastRevision: () => Revision | undefined) {
    this.#lastRevision = lastRevision
  }

  add(listener: () => void): Watch {
    const own = (): void => listener()
    this.#seen ??= this.#lastRevision()
    this.#listeners.add(own)
    this.#timer ??= setInterval(() => this.#look(), pollMs).unref()
    return {
      close: async () => {
        this.#listeners.delete(own)
        if (this.#listeners.size === 0) this.close()
      },
    }
  }

  /** Says that this store has committed. */
  committed(): void {
    if (this.#isScheduled || this.#listeners.size === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#look()
    })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#seen = undefined
    this.#listeners.clear()
  }

  #look(): void {
    if (this.#listeners.size === 0) return
    const revision = this.#lastRevision()
    if (revision === undefined || revision === this.#seen) return
    this.#seen = revision
    for (const listener of [...this.#listeners]) callListener(listener)
  }
}
