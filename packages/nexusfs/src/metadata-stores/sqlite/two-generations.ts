/** A value that says how many bytes it takes. */
export interface Weighed {
  readonly bytes: number
}

/**
 * A bounded map that forgets what was not used for longest, roughly: what is used lies in the young half; once that is full, it becomes
 * the old half and the former old one is dropped. No list is kept in order, so a look-up costs one or two of a Map.
 */
export class TwoGenerations<Value extends Weighed> {
  readonly #halfBytes: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  #youngBytes = 0

  /** @param maxBytes of all values together. */
  constructor(maxBytes: number) {
    this.#halfBytes = maxBytes / 2
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.#add(key, old)
    return old
  }

  /** What is there already is replaced where it lies: to delete and add a key makes a Map grow, and copy itself, again and again. */
  set(key: string, value: Value): void {
    const known = this.#young.get(key)
    if (known === undefined || value.bytes > this.#halfBytes) {
      this.delete(key)
      this.#add(key, value)
      return
    }
    this.#young.set(key, value)
    this.#youngBytes += value.bytes - known.bytes
    this.#turnOver()
  }

  delete(key: string): void {
    const known = this.#young.get(key)
    if (known !== undefined) {
      this.#youngBytes -= known.bytes
      this.#young.delete(key)
    }
    this.#old.delete(key)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#youngBytes = 0
  }

  #add(key: string, value: Value): void {
    if (value.bytes > this.#halfBytes) return
    this.#young.set(key, value)
    this.#youngBytes += value.bytes
    this.#turnOver()
  }

  #turnOver(): void {
    if (this.#youngBytes <= this.#halfBytes) return
    this.#old = this.#young
    this.#young = new Map()
    this.#youngBytes = 0
  }
}
