import { type StallAwareTimer, stallAwareTimer } from './event-loop.ts'
import { Fifo } from './fifo.ts'

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
  readonly #waiters = new Fifo<Waiter<Item>>()
  #movedAt = Number.NEGATIVE_INFINITY
  #timer: StallAwareTimer | undefined

  /**
   * @param patienceMs infinite: nobody is given up, and no timer runs
   * @param giveUp told of each that is given up, with the milliseconds since it came
   */
  constructor(patienceMs: number, giveUp: (item: Item, waitedMs: number) => void) {
    this.#patienceMs = patienceMs
    this.#giveUp = giveUp
  }

  get size(): number {
    return this.#waiters.size
  }

  get first(): Item | undefined {
    return this.#waiters.first?.item
  }

  push(item: Item): void {
    this.#waiters.push({ item, since: this.#isPatient ? 0 : performance.now() })
    if (this.#timer === undefined) this.#watch(this.#patienceMs)
  }

  /** Takes the first out; `undefined` if nobody waits. */
  shift(): Item | undefined {
    const waiter = this.#waiters.shift()
    if (this.size === 0) this.#rest()
    return waiter?.item
  }

  /** Puts back those who were taken out before their time, in front of all others. */
  putBack(items: readonly Item[]): void {
    const since = performance.now()
    this.#waiters.putBack(items.map((item) => ({ item, since })))
    if (this.size > 0 && this.#timer === undefined) this.#watch(this.#patienceMs)
  }

  /** Somebody was served: the patience of all begins anew. */
  moved(): void {
    if (!this.#isPatient) this.#movedAt = performance.now()
  }

  get #isPatient(): boolean {
    return this.#patienceMs === Number.POSITIVE_INFINITY
  }

  #watch(ms: number): void {
    if (this.#isPatient) return
    this.#timer = stallAwareTimer(ms, () => {
      this.#timer = undefined
      this.#giveUpTheLate()
    })
  }

  /** Not too many in one turn of the event loop. */
  #giveUpTheLate(): void {
    for (let count = 0; count < mostInOneTurn; count++) {
      const waiter = this.#waiters.first
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

  #rest(): void {
    this.#timer?.clear()
    this.#timer = undefined
  }
}

const mostInOneTurn = 1_000
