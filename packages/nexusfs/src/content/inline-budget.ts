/** How much content one commit still takes into the metadata store; the rest goes to the storage backend. */
export class InlineBudget {
  /** For content that has to go to the storage backend. */
  static readonly none: InlineBudget = new InlineBudget(0, 0)

  readonly #largest: number
  #room: number

  /**
   * @param largest content that is kept inline, in bytes
   * @param room for all of it together, in bytes
   */
  constructor(largest: number, room: number) {
    this.#largest = largest
    this.#room = room
  }

  /** True if content of this size goes inline; then its bytes are used up. */
  take(size: number): boolean {
    if (size > this.#largest || size > this.#room) return false
    this.#room -= size
    return true
  }

  /** There is no more room than this. */
  limit(room: number): void {
    this.#room = Math.min(this.#room, room)
  }
}
