import { NexusError } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import { afterMicrotasks, type EventLoopYield } from '../../engine-kit/event-loop.ts'
import { type Group, type GroupOutcome, GroupQueue, type Moment } from '../../engine-kit/group-queue.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'
import type { DatabaseLocation } from './connection.ts'
import { busyPauses, faultError, faultOf } from './errors.ts'
import type { AppliedCommit } from './read-cache.ts'
import type { Sessions } from './session.ts'
import { StoreThread } from './store-thread.ts'
import { type OwnCommit, type PlannedCommit, planCommit } from './stored-row.ts'
import type { MemberResult, TransactionOutcome } from './transaction.ts'
import type { FileWatch } from './watch.ts'

const operation = 'metadata.commit'

/** Most commits of one transaction. */
const groupSize = 64

/** Bytes of values after which a transaction takes no further commit: they all go through the WAL. */
const groupBytes = 4_194_304

export interface CommitQueueOptions {
  /** Applies a group: at once, or on another thread. */
  readonly run: (group: readonly PlannedCommit[]) => TransactionOutcome | Promise<TransactionOutcome>
  /** Called before the callers learn of it. */
  readonly onApplied: (base: Revision, applied: readonly AppliedCommit[], last: Revision) => void
  readonly turns: EventLoopYield
  /** How long a commit waits for a lock that another process holds. */
  readonly busyTimeoutMs: number
}

/** Gathers the commits of all callers into groups, one transaction each, in the order of the calls. */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  readonly #queue: GroupQueue<OwnCommit, CommitResult>
  readonly #busyPauses = new Backoff(busyPauses)
  #isRunning = false
  /** The turn of the event loop in which a group last ended. */
  #flushTurn: number | undefined
  /** True while the callers of the last group go on. */
  #isContinued = false

  constructor(options: CommitQueueOptions) {
    this.#options = options
    this.#queue = new GroupQueue<OwnCommit, CommitResult>({
      operation,
      lanes: 1,
      room,
      send: (group) => this.#send(group),
      schedule: (flush, moment) => this.#schedule(flush, moment),
      failed: (error) => ({ status: 'failed', error }),
    })
  }

  /** True while a group runs on another thread: the database may be ahead of what callers were told. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** See `MetadataStore.commit`. The limits were checked, and the list is not empty. */
  add(commits: readonly Commit[], signal: AbortSignal | undefined): Promise<readonly CommitResult[]> {
    return this.#queue.add(commits.map(planCommit), signal)
  }

  /** Ends once nothing waits or runs. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }

  /** No group begins until `resume`. */
  pause(): void {
    this.#queue.pause()
  }

  resume(): void {
    this.#queue.resume()
  }

  /**
   * A group begins in the tick after all microtasks, which costs a lone writer nothing, and takes in all that callers add until then.
   * It waits for the loop to turn if that is overdue, or if a group has run in this turn already, and not for the same callers: then
   * callers are being woken one by one, by files or sockets, and more of them will be by the end of the turn.
   */
  #schedule(flush: () => void, { isNext }: Moment): void {
    const { turns } = this.#options
    const isOverdue = turns.isOverdue()
    if (isNext || isOverdue || (turns.turn === this.#flushTurn && !this.#isContinued)) setImmediate(flush)
    else afterMicrotasks(flush)
  }

  #send(group: Group<OwnCommit>): GroupOutcome<CommitResult> | Promise<GroupOutcome<CommitResult>> {
    const commits = group.take()
    const outcome = this.#run(commits)
    if (!(outcome instanceof Promise)) return this.#ended(commits, outcome)
    this.#isRunning = true
    return outcome.catch(lost).then((late) => {
      this.#isRunning = false
      return this.#ended(commits, late)
    })
  }

  #run(commits: readonly OwnCommit[]): TransactionOutcome | Promise<TransactionOutcome> {
    try {
      return this.#options.run(commits)
    } catch (error) {
      return lost(error)
    }
  }

  #ended(commits: readonly OwnCommit[], outcome: TransactionOutcome): GroupOutcome<CommitResult> {
    this.#flushTurn = this.#options.turns.turn
    this.#isContinued = true
    afterMicrotasks(() => {
      this.#isContinued = false
    })
    if (outcome.kind === 'busy') return this.#busy()
    this.#busyPauses.reset()
    switch (outcome.kind) {
      case 'done': {
        const { results, previous, last } = outcome
        this.#options.onApplied(previous, appliedOf(commits, results), last)
        return { kind: results.length < commits.length ? 'begun' : 'done', results: results.map(resultOf) }
      }
      case 'failed':
      case 'broken':
        return { kind: 'apart', error: faultError(outcome.fault, operation, 'none') }
      case 'lost':
        return { kind: 'failed', error: faultError(outcome.fault, operation, 'unknown') }
    }
  }

  /** Waits without blocking the event loop. */
  #busy(): GroupOutcome<CommitResult> {
    const { busyTimeoutMs: ms } = this.#options
    return { kind: 'again', afterMs: this.#busyPauses.next(), giveUp: { ms, error: lockedOut(ms) } }
  }
}

function room(): (plan: OwnCommit) => boolean {
  let count = 0
  let bytes = 0
  return (plan) => {
    const hasRoom = count < groupSize && bytes <= groupBytes
    count += 1
    for (const { value } of plan.writes) bytes += value?.length ?? 0
    return hasRoom
  }
}

/** Whatever the runner throws: the group's members are told, and the next group begins. */
function lost(error: unknown): TransactionOutcome {
  return { kind: 'lost', fault: faultOf(error) }
}

function appliedOf(commits: readonly OwnCommit[], results: readonly MemberResult[]): readonly AppliedCommit[] {
  const applied: AppliedCommit[] = []
  for (const [index, result] of results.entries()) {
    const plan = commits[index]
    if (plan !== undefined && result.kind === 'committed') applied.push({ commit: plan.commit, plan, revision: result.revision })
  }
  return applied
}

function resultOf(result: MemberResult): CommitResult {
  return result.kind === 'committed'
    ? { status: 'committed', revision: result.revision }
    : { status: 'conflict', expectation: result.expectation, found: result.found }
}

function lockedOut(ms: number): NexusError {
  return new NexusError('Timeout', `${operation}: another process has held the write lock of the database for ${ms} ms`, {
    advice: 'try again, or find that process',
    operation,
    outcome: 'none',
  })
}

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
  readonly #location: DatabaseLocation
  readonly #sessions: Sessions
  readonly #file: FileWatch
  #mode: WorkerMode
  #thread: StoreThread | undefined
  #stayGroups = firstStayGroups
  #groupsAway = 0
  #averageFlushMs = 0

  constructor(location: DatabaseLocation, sessions: Sessions, file: FileWatch, mode: WorkerMode) {
    this.#location = location
    this.#sessions = sessions
    this.#file = file
    this.#mode = mode
    if (mode === 'always') this.#thread = new StoreThread(location)
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
    if (this.#mode !== 'auto' || this.#location.durability !== 'disk' || this.#thread !== undefined) return
    this.#thread = new StoreThread(this.#location)
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
