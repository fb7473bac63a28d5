import { NexusError, type Outcome } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'
import { afterMicrotasks, type EventLoopYield } from '../../engine-kit/event-loop.ts'
import { Fifo } from '../../engine-kit/fifo.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'
import { busyPause } from './busy.ts'
import { CommitCall } from './commit-call.ts'
import type { GroupOutcome, MemberResult } from './group-committer.ts'
import { type PlannedCommit, planCommit } from './planned-commit.ts'
import type { AppliedCommit } from './read-cache.ts'
import { faultError, faultOf, type SqlFault } from './sql-fault.ts'

/** Most commits of one transaction. */
const groupSize = 64

/** Bytes of values after which a transaction takes no further commit: they all go through the WAL. */
const groupBytes = 4_194_304

export interface CommitQueueOptions {
  /** Applies a group: at once, or on another thread. */
  readonly run: (group: readonly PlannedCommit[]) => GroupOutcome | Promise<GroupOutcome>
  /** Called before the callers learn of it. */
  readonly onApplied: (base: Revision, applied: readonly AppliedCommit[], last: Revision) => void
  readonly turns: EventLoopYield
  /** How long a commit waits for a lock that another process holds. */
  readonly busyTimeoutMs: number
}

interface Member {
  readonly call: CommitCall
  readonly index: number
  readonly commit: Commit
  readonly plan: PlannedCommit
  /** Set after a statement failed in a group with others: to be tried alone. */
  isAlone: boolean
}

/** Gathers the commits of all callers into groups, one transaction each, in the order of the calls. */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  readonly #waiting = new Fifo<Member>()
  #isActive = false
  #isPaused = false
  /** The turn of the event loop in which a group last ended. */
  #flushTurn: number | undefined
  /** True while the callers of the last group go on. */
  #isContinued = false
  #attempts = 0
  readonly #onIdle: (() => void)[] = []

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** True while a group runs on another thread: the database may be ahead of what callers were told. */
  isRunning = false

  /** See `MetadataStore.commit`. The limits were checked. */
  add(commits: readonly Commit[], signal: AbortSignal | undefined): Promise<readonly CommitResult[]> {
    const call = new CommitCall(commits.length, this.#options.busyTimeoutMs, signal)
    for (const [index, commit] of commits.entries()) {
      this.#waiting.push({ call, index, commit, plan: planCommit(commit), isAlone: false })
    }
    if (!this.#isActive) this.#start()
    return call.promise
  }

  /** Ends once nothing waits or runs. */
  idle(): Promise<void> {
    if (!this.#isActive) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  /** No group begins until `resume`. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.#waiting.size > 0) setImmediate(() => this.#flush())
  }

  /**
   * A group begins in the tick after all microtasks, which costs a lone writer nothing, and takes in all that callers add until then.
   * It waits for the loop to turn if that is overdue, or if a group has run in this turn already, and not for the same callers: then
   * callers are being woken one by one, by files or sockets, and more of them will be by the end of the turn.
   */
  #start(): void {
    this.#isActive = true
    const { turns } = this.#options
    const isOverdue = turns.isOverdue()
    if (isOverdue || (turns.turn === this.#flushTurn && !this.#isContinued)) setImmediate(() => this.#flush())
    else afterMicrotasks(() => this.#flush())
  }

  #flush(): void {
    if (this.#isPaused || this.isRunning) return
    const group = this.#take()
    if (group.length === 0) {
      this.#rest()
      return
    }
    const outcome = this.#run(group)
    if (!(outcome instanceof Promise)) {
      this.#settle(group, outcome)
      return
    }
    this.isRunning = true
    const settle = (late: GroupOutcome): void => {
      this.isRunning = false
      this.#settle(group, late)
    }
    outcome.then(settle, (error: unknown) => settle({ kind: 'lost', fault: faultOf(error) }))
  }

  /** Whatever the runner throws: the group's members are told, and the next group begins. */
  #run(group: readonly Member[]): GroupOutcome | Promise<GroupOutcome> {
    try {
      return this.#options.run(group.map(({ plan }) => plan))
    } catch (error) {
      return { kind: 'lost', fault: faultOf(error) }
    }
  }

  #rest(): void {
    this.#isActive = false
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  /** The next group: calls that have ended meanwhile are left out, and a member that is to be tried alone goes alone. */
  #take(): readonly Member[] {
    const group: Member[] = []
    let bytes = 0
    for (let member = this.#waiting.first; member !== undefined; member = this.#waiting.first) {
      if (!member.call.hasEnded) {
        if (group.length === groupSize || bytes > groupBytes || (member.isAlone && group.length > 0)) break
        group.push(member)
        for (const { value } of member.plan.writes) bytes += value?.length ?? 0
      }
      this.#waiting.shift()
      if (group[0]?.isAlone === true) break
    }
    for (const { call } of group) call.isRunning = true
    return group
  }

  #settle(group: readonly Member[], outcome: GroupOutcome): void {
    this.#flushTurn = this.#options.turns.turn
    this.#isContinued = true
    afterMicrotasks(() => {
      this.#isContinued = false
    })
    for (const { call } of group) call.isRunning = false
    switch (outcome.kind) {
      case 'done':
        this.#done(group, outcome.results, outcome.previous, outcome.last)
        break
      case 'busy':
        this.#busy(group)
        return
      case 'failed':
      case 'broken':
        this.#failed(group, outcome.fault)
        break
      case 'lost':
        for (const { call } of group) call.reject(faultError(outcome.fault, 'metadata.commit', 'unknown'))
    }
    this.#attempts = 0
    if (this.#waiting.size === 0) this.#rest()
    else setImmediate(() => this.#flush())
  }

  #done(group: readonly Member[], results: readonly MemberResult[], base: Revision, last: Revision): void {
    const applied: AppliedCommit[] = []
    for (const [index, result] of results.entries()) {
      const member = group[index]
      if (member !== undefined && result.kind === 'committed') applied.push({ ...member, revision: result.revision })
    }
    this.#options.onApplied(base, applied, last)
    for (const [index, result] of results.entries()) {
      const member = group[index]
      member?.call.settle(member.index, resultOf(result))
    }
    if (results.length < group.length) this.#waiting.putBack(group.slice(results.length))
  }

  #failed(group: readonly Member[], fault: SqlFault): void {
    const [only] = group
    if (group.length === 1 && only !== undefined) {
      only.call.settle(only.index, { status: 'failed', error: faultError(fault, 'metadata.commit', 'none') })
      return
    }
    for (const member of group) member.isAlone = true
    this.#waiting.putBack(group)
  }

  /** Waits without blocking the event loop, longer from time to time, and never in step with other processes. */
  #busy(group: readonly Member[]): void {
    const now = performance.now()
    for (const { call } of group) {
      if (call.deadline <= now) call.reject(lockedOut(this.#options.busyTimeoutMs, call.outcome))
    }
    this.#waiting.putBack(group)
    setTimeout(() => this.#flush(), busyPause(this.#attempts))
    this.#attempts += 1
  }
}

function resultOf(result: MemberResult): CommitResult {
  return result.kind === 'committed'
    ? { status: 'committed', revision: result.revision }
    : { status: 'conflict', expectation: result.expectation, found: result.found }
}

function lockedOut(ms: number, outcome: Outcome): NexusError {
  return new NexusError('Timeout', `metadata.commit: another process has held the write lock of the database for ${ms} ms`, {
    advice: 'try again, or find that process',
    operation: 'metadata.commit',
    outcome,
  })
}
