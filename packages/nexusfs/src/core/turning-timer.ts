/** A timer that can be taken back. */
export interface TurningTimer {
  /** Idempotent. */
  clear(): void
}

/**
 * Calls back after so many milliseconds in which this process was able to look at what came in. Time in which its event loop stood still,
 * since it was stopped or busy, does not count: an answer may have come meanwhile, and has not been looked at.
 */
export function afterTurning(ms: number, callback: () => void): TurningTimer {
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
