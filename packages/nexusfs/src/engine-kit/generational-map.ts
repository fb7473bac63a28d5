/**
 * A bounded map that forgets, roughly, what was not used for longest. What is used lies in the young generation; when that is full it
 * becomes the old one, and what was in the old one and was not used since is forgotten. No order is kept: a look-up costs one or two
 * of a Map.
 */
export class GenerationalMap<Key, Value> {
  readonly #generationSize: number
  readonly #sizeOf: (value: Value) => number
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()
  #youngSize = 0

  /**
   * @param capacity most of all sizes together; about half of it is always kept
   * @param sizeOf of a value, which never changes, such as its bytes; 1 if absent, so that the capacity is a count
   */
  constructor(capacity: number, sizeOf: (value: Value) => number = one) {
    this.#generationSize = capacity / 2
    this.#sizeOf = sizeOf
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.#add(key, old)
    return old
  }

  /** A value that is larger than half of the capacity is not kept. */
  set(key: Key, value: Value): void {
    const known = this.#young.get(key)
    const growth = known === undefined ? undefined : this.#sizeOf(value) - this.#sizeOf(known)
    if (growth === undefined || this.#youngSize + growth > this.#generationSize) {
      this.delete(key)
      this.#add(key, value)
      return
    }
    // Replaced where it lies: to delete and add a key makes a Map grow, and copy itself, again and again.
    this.#young.set(key, value)
    this.#youngSize += growth
  }

  delete(key: Key): void {
    const known = this.#young.get(key)
    if (known !== undefined) {
      this.#youngSize -= this.#sizeOf(known)
      this.#young.delete(key)
    }
    this.#old.delete(key)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#youngSize = 0
  }

  #add(key: Key, value: Value): void {
    const size = this.#sizeOf(value)
    if (size > this.#generationSize) return
    if (this.#youngSize + size > this.#generationSize) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngSize = 0
    }
    this.#young.set(key, value)
    this.#youngSize += size
  }
}

const one = (): number => 1
