import type { NexusError, Outcome } from '../../core/errors.ts'
import type { Clock, Random } from '../../core/system.ts'
import { systemClock } from '../../core/system.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import { Deadline } from '../../engine-kit/deadline.ts'
import { Permits } from '../../engine-kit/permits.ts'
import type { ObjectRequest } from './object-client.ts'
import { RetryBudget } from './retry-budget.ts'

/** Milliseconds. */
export interface ObjectTimeouts {
  /** One request, or the next piece of a body. Default 20,000; an upload has a second more for each 128 KiB. */
  readonly attempt?: number | undefined
  /** One request with all of its retries. Default 60,000; the same is added for an upload. */
  readonly call?: number | undefined
}

export interface RetryPlan {
  readonly timeouts?: ObjectTimeouts | undefined
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'sleep'> | undefined
  readonly random?: Pick<Random, 'fraction'> | undefined
}

/** A port call, or the part of one that is a request: what is tried again is all of it. */
export interface RetriedCall {
  readonly operation: string
  readonly signal: AbortSignal | undefined
  /** Bytes that it sends. */
  readonly bytes?: number | undefined
  /** What is known of a change whose answer is not waited for any more; absent for a call that changes nothing. */
  readonly outcome?: Outcome | undefined
  toNexusError(error: unknown): NexusError
}

/** What was sent so far. */
export interface Traffic {
  readonly requests: number
  /** Of those, the ones that were sent because another had failed. */
  readonly retries: number
}

const mostAttempts = 5
const requestsInFlight = 64
/** The slowest line on which a part still arrives in its time. */
const slowestBytesPerMs = 131_072 / 1_000

/**
 * The only layer that sends a request again: if its failure may pass (`retry` is `safe`), at most five times, with growing pauses by
 * chance, within the deadline of the call and the budget of the client. Counts what is sent, below all retries.
 */
export class Retries {
  readonly #plan: RetryPlan
  readonly #budget = new RetryBudget()
  readonly #permits = new Permits(requestsInFlight)
  #requests = 0
  #retries = 0

  constructor(plan: RetryPlan = {}) {
    this.#plan = plan
  }

  get traffic(): Traffic {
    return { requests: this.#requests, retries: this.#retries }
  }

  /**
   * What `attempt` gives. It may run several times, never two at a time, and is told by its signal when it is not waited for any more.
   * @throws {NexusError} Timeout, Aborted, or what the failure means; `retry` is `exhausted` where it was tried in vain
   */
  async run<Result>(call: RetriedCall, attempt: (request: ObjectRequest) => Promise<Result>): Promise<Result> {
    const series = this.series(call)
    while (true) {
      try {
        return await this.once(series, attempt)
      } catch (error) {
        await series.pauseAfter(error)
      }
    }
  }

  /** Attempts that belong together. */
  series(call: RetriedCall): RetrySeries {
    const { call: callMs = 60_000 } = this.#plan.timeouts ?? {}
    return new RetrySeries(call, new Deadline(call.operation, callMs + extraMs(call), call.signal), this.#budget, this.#plan)
  }

  /** One attempt out of a series. */
  async once<Result>(series: RetrySeries, attempt: (request: ObjectRequest) => Promise<Result>): Promise<Result> {
    const { call } = series
    const result = await this.#permits.run(call.operation, call.signal, async () => {
      this.#requests += 1
      if (series.failures > 0) this.#retries += 1
      const controller = new AbortController()
      try {
        return await this.#within(series, attempt({ signal: controller.signal }))
      } catch (error) {
        controller.abort()
        throw error
      }
    })
    this.#budget.earn()
    return result
  }

  /**
   * What the work gives, within the time of one attempt.
   * @throws {NexusError} Timeout, Aborted
   */
  wait<Result>(call: RetriedCall, work: Promise<Result>): Promise<Result> {
    return new Deadline(call.operation, this.#attemptMs(call), call.signal).race(work, () => call.outcome ?? 'none')
  }

  #within<Result>({ call, deadline }: RetrySeries, work: Promise<Result>): Promise<Result> {
    const limit = Math.min(this.#attemptMs(call), deadline.remaining)
    return new Deadline(call.operation, limit, call.signal).race(work, () => call.outcome ?? 'none')
  }

  #attemptMs(call: RetriedCall): number {
    return (this.#plan.timeouts?.attempt ?? 20_000) + extraMs(call)
  }
}

/** The attempts of one call: how often it has failed, and whether it may be tried again. */
export class RetrySeries {
  readonly call: RetriedCall
  readonly deadline: Deadline
  readonly #budget: RetryBudget
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #backoff: Backoff
  failures = 0

  constructor(call: RetriedCall, deadline: Deadline, budget: RetryBudget, { clock = systemClock, random }: RetryPlan) {
    this.call = call
    this.deadline = deadline
    this.#budget = budget
    this.#clock = clock
    this.#backoff = new Backoff({ firstMs: 100, longestMs: 5_000, ...(random && { random }) })
  }

  /**
   * After an attempt that failed: returns when the next one may be made.
   * @throws {NexusError} what the failure means, if there is to be none
   */
  async pauseAfter(failure: unknown): Promise<void> {
    const error = this.call.toNexusError(failure)
    this.failures += 1
    if (!mayPass(error)) throw error
    const { retryAfterMs } = error.context
    const pause = Math.max(this.#backoff.next(), typeof retryAfterMs === 'number' ? retryAfterMs : 0)
    const isOver = this.failures >= mostAttempts || pause >= this.deadline.remaining || !this.#budget.spend()
    if (isOver) throw exhausted(error, this.failures)
    try {
      await this.#clock.sleep(pause, this.call.signal)
    } catch {
      this.deadline.throwIfAborted()
      throw error
    }
  }
}

/** A full store stays full, however often it is asked. */
function mayPass(error: NexusError): boolean {
  return error.retry === 'safe' && error.code !== 'NoSpace'
}

function exhausted(error: NexusError, attempts: number): NexusError {
  const summary = attempts === 1 ? error.summary : `${error.summary} (tried ${attempts} times)`
  return error.with({ retry: 'exhausted', summary })
}

function extraMs({ bytes = 0 }: RetriedCall): number {
  return bytes / slowestBytesPerMs
}
