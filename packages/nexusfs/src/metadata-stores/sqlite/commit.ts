import { NexusError } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import { afterMicrotasks, type EventLoopYield } from '../../engine-kit/event-loop.ts'
import { type Group, type GroupOutcome, GroupQueue, type Moment } from '../../engine-kit/group-queue.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'
import { busyPauses, faultError, faultOf } from './errors.ts'
import { type OwnCommit, type PlannedCommit, planCommit } from './planned-commit.ts'
import type { AppliedCommit } from './read-cache.ts'
import type { MemberResult, TransactionOutcome } from './transaction.ts'

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
