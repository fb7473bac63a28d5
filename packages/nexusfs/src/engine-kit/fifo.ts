/** Items taken before the room in front of the queue is given back. */
const mostTaken = 1_024

/** First in, first out; a step costs the same however many wait, also where items that were taken out are put back. */
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
    if (this.#head >= mostTaken && this.#head * 2 >= this.#items.length) this.#moveTo(this.#items.slice(this.#head))
    return item
  }

  /** Puts items in front of all others, in their order: into the room that was left when they were taken, if that is still there. */
  putBack(items: readonly Item[]): void {
    if (items.length > this.#head) {
      this.#moveTo([...items, ...this.#items.slice(this.#head)])
      return
    }
    this.#head -= items.length
    for (const [index, item] of items.entries()) this.#items[this.#head + index] = item
  }

  #moveTo(items: (Item | undefined)[]): void {
    this.#items = items
    this.#head = 0
  }
}
