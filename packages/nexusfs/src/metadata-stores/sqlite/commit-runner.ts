import type { DatabasePlace } from './connection.ts'
import { faultOf } from './errors.ts'
import type { FileWatch } from './file-watch.ts'
import type { PlannedCommit } from './planned-commit.ts'
import type { Sessions } from './session.ts'
import { StoreThread } from './store-thread.ts'
import type { TransactionOutcome } from './transaction.ts'

/** Flushes that take longer on average, in ms, move commits to a thread of their own. */
const slowFlushMs = 1

/** Flushes that take less on average, in ms, bring them back: there a lone writer commits faster. */
const fastFlushMs = 0.5

/** So much of one flush counts at most, in ms: one hiccup of a fast disk says nothing, three flushes of a slow one do. */
const longestCountedMs = 8

/** Groups that stay on the thread at least, the first time; four times as many each further time. */
const firstStayGroups = 250

/** Where commits run: `auto` begins on the main thread and moves when the disk turns out to be slow. */
export type WorkerMode = 'auto' | 'always' | 'never'

/**
 * Runs groups on the main thread, which is fastest for a lone writer on a fast disk, or on another one, which keeps the event loop free
 * on a slow one.
 */
export class CommitRunner {
  readonly #place: DatabasePlace
  readonly #sessions: Sessions
  readonly #file: FileWatch
  #mode: WorkerMode
  #thread: StoreThread | undefined
  #stayGroups = firstStayGroups
  #groupsAway = 0
  #averageFlushMs = 0

  constructor(place: DatabasePlace, sessions: Sessions, file: FileWatch, mode: WorkerMode) {
    this.#place = place
    this.#sessions = sessions
    this.#file = file
    this.#mode = mode
    if (mode === 'always') this.#thread = new StoreThread(place)
  }

  run(group: readonly PlannedCommit[]): TransactionOutcome | Promise<TransactionOutcome> {
    const fault = this.#file.fault()
    if (fault !== undefined) return { kind: 'failed', fault }
    if (this.#thread?.hasEnded === true) this.#forget(this.#thread)
    if (this.#thread?.isReady === true) return this.#runAway(this.#thread, group)
    const outcome = this.#runHere(group)
    if (outcome.kind !== 'done') return outcome
    this.#took(outcome.flushMs)
    if (this.#averageFlushMs > slowFlushMs) this.#moveAway()
    return outcome
  }

  /** Ends once groups run where the mode wants them. */
  async started(): Promise<void> {
    await this.#thread?.started
  }

  async close(): Promise<void> {
    await this.#thread?.close()
  }

  #runHere(group: readonly PlannedCommit[]): TransactionOutcome {
    try {
      const outcome = this.#sessions.current.committer.run(group)
      if (outcome.kind === 'lost' || outcome.kind === 'broken') this.#sessions.drop()
      return outcome
    } catch (error) {
      return { kind: 'broken', fault: faultOf(error) }
    }
  }

  async #runAway(thread: StoreThread, group: readonly PlannedCommit[]): Promise<TransactionOutcome> {
    const outcome = await thread.run(group)
    if (outcome.kind !== 'done' || this.#mode === 'always') return outcome
    this.#groupsAway += 1
    this.#took(outcome.flushMs)
    if (this.#groupsAway >= this.#stayGroups && this.#averageFlushMs < fastFlushMs) this.#moveBack(thread)
    return outcome
  }

  #took(flushMs: number): void {
    this.#averageFlushMs += (Math.min(flushMs, longestCountedMs) - this.#averageFlushMs) / 16
  }

  /** Until the thread is ready, groups go on running here. Class `os` waits for no disk. */
  #moveAway(): void {
    if (this.#mode !== 'auto' || this.#place.durability !== 'disk' || this.#thread !== undefined) return
    this.#thread = new StoreThread(this.#place)
    this.#groupsAway = 0
  }

  #forget(thread: StoreThread): void {
    this.#thread = undefined
    if (thread.hasFailed) this.#mode = 'never'
  }

  #moveBack(thread: StoreThread): void {
    this.#thread = undefined
    this.#stayGroups *= 4
    void thread.close()
  }
}
