/** Stops a listener. Idempotent. */
export type StopListening = () => void

/**
 * Listeners that are told, in a later turn of the event loop, that something has happened: once for all that happens in one turn. What
 * one throws is passed over, so that it fails no commit and keeps no other listener from its call.
 */
export class Listeners {
  readonly #listeners = new Set<() => void>()
  readonly #check: (() => boolean) | undefined
  #isDue = false

  /** @param check asked just before the listeners are called: false, and there is nothing to tell */
  constructor(check?: () => boolean) {
    this.#check = check
  }

  get size(): number {
    return this.#listeners.size
  }

  /** One function can be added twice; it is called twice then. */
  add(listener: () => void): StopListening {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
    }
  }

  /** Calls the listeners soon. */
  notify(): void {
    if (this.#isDue || this.#listeners.size === 0) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      if (this.#listeners.size > 0 && this.#check?.() !== false) this.#call()
    })
  }

  clear(): void {
    this.#listeners.clear()
  }

  #call(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener()
      } catch {
        // The caller's own: it has no one to be told to.
      }
    }
  }
}
