/**
 * A bounded map that forgets, roughly, what was not used for longest. What is used lies in the young generation; when that is full it
 * becomes the old one, and what was in the old one and was not used since is forgotten. No order is kept: a look-up costs one or two
 * of a Map, and nothing is ever deleted one by one, which Maps are slow at.
 */
export class RecentMap<Key, Value> {
  readonly #generationSize: number
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()

  /** @param capacity most entries, a count; at least half of them are kept */
  constructor(capacity: number) {
    this.#generationSize = capacity / 2
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: Key, value: Value): void {
    this.#young.set(key, value)
    if (this.#young.size < this.#generationSize) return
    this.#old = this.#young
    this.#young = new Map()
  }

  delete(key: Key): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
