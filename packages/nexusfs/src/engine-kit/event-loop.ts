/** Longest stretch of work, in ms, between two turns of the event loop. */
const stretchMs = 2

/** Calls that are let go on together before the time is looked at. */
const releasedTogether = 8

/** Calls that went on are forgotten together, so that it costs little, and also where others wait all the time. */
const keptReleased = 1024

/**
 * Knows when the event loop last turned. Calls that end without waiting resume their callers by microtasks alone, and a loop of such
 * calls would never let a timer or a socket run: so who is overdue waits for the next turn. Of those who wait, as many go on in one turn
 * as its time allows, in the order in which they came.
 */
export class EventLoopYield {
  #since = 0
  #isTurning = false
  #turn = 0
  #waiting: (() => void)[] = []
  #released = 0

  /** Call where work begins. True if work has gone on for 2 ms without a turn, or others wait already: then wait for `next`. */
  isOverdue(): boolean {
    if (this.#released < this.#waiting.length) return true
    if (this.#isTurning) return performance.now() - this.#since >= stretchMs
    this.#begin()
    return false
  }

  /** Changes with each turn of the loop in which work was begun. */
  get turn(): number {
    return this.#turn
  }

  /**
   * Ends when it is the caller's turn, or at once when the signal fires; to be called after `isOverdue`. Those with a signal go on in the same
   * order as those without.
   */
  next(signal?: AbortSignal): Promise<void> {
    if (!this.#isTurning) this.#begin()
    return new Promise((resolve) => {
      if (signal === undefined) {
        this.#waiting.push(resolve)
        return
      }
      const go = (): void => {
        signal.removeEventListener('abort', go)
        resolve()
      }
      signal.addEventListener('abort', go)
      this.#waiting.push(go)
    })
  }

  #begin(): void {
    this.#isTurning = true
    this.#since = performance.now()
    setImmediate(() => {
      this.#isTurning = false
      this.#turn += 1
      if (this.#released === this.#waiting.length) return
      this.#begin()
      this.#release()
    })
  }

  #release(): void {
    for (let count = 0; count < releasedTogether && this.#released < this.#waiting.length; count++) {
      this.#waiting[this.#released++]?.()
    }
    if (this.#released === this.#waiting.length || this.#released >= keptReleased) {
      this.#waiting = this.#waiting.slice(this.#released)
      this.#released = 0
    }
    if (this.#waiting.length === 0) return
    afterMicrotasks(() => {
      if (performance.now() - this.#since < stretchMs) this.#release()
    })
  }
}

/** Once no microtask is left, before the event loop goes on. */
export function afterMicrotasks(work: () => void): void {
  queueMicrotask(() => process.nextTick(work))
}

/** A timer that can be taken back. */
export interface StallAwareTimer {
  /** Idempotent. */
  clear(): void
}

/**
 * Calls back after so many milliseconds in which this process was able to look at what came in. Time in which its event loop stood still,
 * since it was stopped or busy, does not count: an answer may have come meanwhile, and has not been looked at.
 */
export function stallAwareTimer(ms: number, callback: () => void): StallAwareTimer {
  let timer: NodeJS.Timeout
  const start = (wait: number): void => {
    const due = performance.now() + wait
    timer = setTimeout(() => {
      const late = performance.now() - due
      if (late > toleratedMs) start(Math.min(late, ms))
      else callback()
    }, wait)
  }
  start(ms)
  return { clear: () => clearTimeout(timer) }
}

/** Timers of a loop that turns are late by less. */
const toleratedMs = 50
