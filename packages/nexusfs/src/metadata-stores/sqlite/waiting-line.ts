/** Items taken before the room in front of the line is given back. */
const mostTaken = 1_024

/** A line whose first can be taken, and put back, at the same cost however long it is. */
export class WaitingLine<Item> {
  #items: (Item | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  removeFirst(): void {
    if (this.length === 0) return
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head < mostTaken || this.#head * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }

  /** In front of all others, in their order. */
  putBack(items: readonly Item[]): void {
    if (items.length > this.#head) {
      this.#items = [...items, ...this.#items.slice(this.#head)]
      this.#head = 0
      return
    }
    this.#head -= items.length
    for (const [index, item] of items.entries()) this.#items[this.#head + index] = item
  }
}
