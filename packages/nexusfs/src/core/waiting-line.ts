interface Waiter<Item> {
  readonly item: Item
  readonly since: number
}

/**
 * Those who wait for their turn, first come, first served; a step costs the same however many wait. As long as the line moves, everybody
 * stays in it; who has waited for `patienceMs` in which it did not move is given up.
 */
export class WaitingLine<Item> {
  readonly #patienceMs: number
  readonly #giveUp: (item: Item, waitedMs: number) => void
  #waiters: (Waiter<Item> | undefined)[] = []
  /** Where the first waiter is. */
  #head = 0
  #movedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** @param giveUp told of each that is given up, with the milliseconds since it came */
  constructor(patienceMs: number, giveUp: (item: Item, waitedMs: number) => void) {
    this.#patienceMs = patienceMs
    this.#giveUp = giveUp
  }

  get size(): number {
    return this.#waiters.length - this.#head
  }

  get first(): Item | undefined {
    return this.#waiters[this.#head]?.item
  }

  push(item: Item): void {
    this.#waiters.push({ item, since: performance.now() })
    if (this.#timer === undefined) this.#watch(this.#patienceMs)
  }

  /** Takes the first out; `undefined` if nobody waits. */
  shift(): Item | undefined {
    const waiter = this.#waiters[this.#head]
    if (waiter === undefined) return undefined
    this.#waiters[this.#head] = undefined
    this.#head += 1
    if (this.size === 0) this.#empty()
    else if (this.#head > 1_000 && this.#head * 2 > this.#waiters.length) this.#forgetGone()
    return waiter.item
  }

  /** Puts back those who were taken out before their time, in front of all others. */
  putBack(items: readonly Item[]): void {
    const since = performance.now()
    const back = items.map((item): Waiter<Item> => ({ item, since }))
    this.#waiters = [...back, ...this.#waiters.slice(this.#head)]
    this.#head = 0
    if (this.size > 0 && this.#timer === undefined) this.#watch(this.#patienceMs)
  }

  /** Somebody was served: the patience of all begins anew. */
  moved(): void {
    this.#movedAt = performance.now()
  }

  #watch(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#giveUpTheLate()
    }, ms)
  }

  /** Not too many in one turn of the event loop. */
  #giveUpTheLate(): void {
    for (let count = 0; count < mostInOneTurn; count++) {
      const waiter = this.#waiters[this.#head]
      if (waiter === undefined) return
      const now = performance.now()
      const left = Math.max(waiter.since, this.#movedAt) + this.#patienceMs - now
      if (left > 0) {
        this.#watch(left)
        return
      }
      this.shift()
      this.#giveUp(waiter.item, now - waiter.since)
    }
    if (this.size > 0 && this.#timer === undefined) this.#watch(0)
  }

  #empty(): void {
    this.#waiters = []
    this.#head = 0
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #forgetGone(): void {
    this.#waiters = this.#waiters.slice(this.#head)
    this.#head = 0
  }
}

const mostInOneTurn = 1_000
