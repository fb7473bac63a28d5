/** First in, first out; a step costs the same however many wait. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  /** Where the first is; those before it have gone. */
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  /** Takes the first out; `undefined` if there is none. */
  shift(): Item | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#items.length) this.#items = []
    else if (this.#head > 1_000 && this.#head * 2 > this.#items.length) this.#items = this.#items.slice(this.#head)
    else return item
    this.#head = 0
    return item
  }

  /** Puts items in front of all others, in their order. Costs as much as there are. */
  putBack(items: readonly Item[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)]
    this.#head = 0
  }
}
