import { isNexusError, NexusError } from '../../core/errors.ts'
import { WaitingLine } from '../../engine-kit/waiting-line.ts'
import type { CommitResult } from '../../metadata/metadata-store.ts'
import type { PlannedCommit } from './commit-call.ts'
import { lockNumber, maxLocks } from './lock-plan.ts'

export interface CommitterPlan {
  /** The most commits in one call. */
  readonly groupSize: number
  /** How many calls run at once while none of them is stuck. */
  readonly lanes: number
  /** And at most. */
  readonly maxLanes: number
  /** A job has so many milliseconds once it is sent; one that waits is given up after as long a time in which none was done. */
  readonly timeoutMs: number
  /**
   * Commits the list in one transaction, until the deadline. Rejects with the outcome `none` or `unknown`; for several jobs with the
   * SQLSTATE 55P03 as soon as a lock takes long.
   */
  call(commits: readonly PlannedCommit[], terms: CallTerms): Promise<readonly CommitResult[]>
}

export interface CallTerms {
  /** How many callers share the transaction. */
  readonly jobs: number
  /** On the scale of `performance.now()`. */
  readonly deadline: number
}

/** A part of a caller's list that is committed in one transaction. */
export interface Job {
  readonly commits: readonly PlannedCommit[]
  /** False until it is on its way: until then it can be taken back, and nothing of it was applied. */
  isSent: boolean
  /** Its caller has gone: it is not sent any more. */
  isWithdrawn: boolean
  readonly result: Promise<readonly CommitResult[]>
}

/**
 * Group commit: while the lanes are busy, jobs gather, and the next free lane takes as many as fit into one transaction. So one flush
 * of the server's log and one round trip serve them all.
 */
export class GroupCommitter {
  readonly #plan: CommitterPlan
  readonly #queue: WaitingLine<QueuedJob>
  #busy = 0
  #isScheduled = false
  #stall: NodeJS.Timeout | undefined

  constructor(plan: CommitterPlan) {
    this.#plan = plan
    this.#queue = new WaitingLine(plan.timeoutMs, (job, waitedMs) => job.reject(unserved(waitedMs)))
  }

  submit(commits: readonly PlannedCommit[]): Job {
    const { promise, resolve, reject } = Promise.withResolvers<readonly CommitResult[]>()
    const state = { deadline: undefined, isSent: false, isAlone: false, isWithdrawn: false }
    const job: QueuedJob = { commits, ...state, result: promise, resolve, reject }
    this.#queue.push(job)
    this.#schedule()
    return job
  }

  /** Takes back a job that is not on its way yet. */
  withdraw(job: Job): void {
    job.isWithdrawn = true
  }

  /** A lone writer starts at once; where there are several, whoever else is ready in this turn of the loop joins. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const start = (): void => {
      this.#isScheduled = false
      this.#pump()
    }
    if (this.#busy === 0 && this.#queue.size === 1) queueMicrotask(start)
    else setImmediate(start)
  }

  #pump(): void {
    while (this.#busy < this.#plan.lanes && this.#queue.size > 0) this.#startLane()
    this.#watchForStall()
  }

  /** Commits of other processes can hold up every lane; one more then carries on with what they do not touch. */
  #watchForStall(): void {
    if (this.#stall !== undefined || this.#queue.size === 0 || this.#busy >= this.#plan.maxLanes) return
    this.#stall = setTimeout(() => {
      this.#stall = undefined
      if (this.#queue.size > 0 && this.#busy < this.#plan.maxLanes) this.#startLane()
      this.#watchForStall()
    }, stallMs)
  }

  #startLane(): void {
    const group = this.#takeGroup()
    if (group.length === 0) return
    this.#busy++
    void this.#commit(group).finally(() => {
      this.#busy--
      clearTimeout(this.#stall)
      this.#stall = undefined
      if (this.#queue.size > 0) this.#schedule()
    })
  }

  /** The first job, and as many after it as stay within the limits of one transaction. */
  #takeGroup(): readonly QueuedJob[] {
    const locks = new Set<number>()
    let commits = 0
    let bytes = 0
    const group: QueuedJob[] = []
    for (let job = this.#queue.first; job !== undefined; job = this.#queue.first) {
      if (job.isWithdrawn) {
        this.#queue.shift()
        continue
      }
      if (group.length > 0 && job.isAlone) break
      commits += job.commits.length
      for (const commit of job.commits) {
        bytes += commit.bytes
        for (const lock of commit.locks) locks.add(lockNumber(lock))
      }
      const fits = commits <= this.#plan.groupSize && locks.size < maxLocks && bytes <= maxGroupBytes
      if (group.length > 0 && !fits) break
      this.#queue.shift()
      group.push(job)
      if (!fits || job.isAlone) break
    }
    const deadline = performance.now() + this.#plan.timeoutMs
    for (const job of group) {
      job.isSent = true
      job.deadline ??= deadline
    }
    return group
  }

  async #commit(group: readonly QueuedJob[]): Promise<void> {
    try {
      const results = await this.#plan.call(
        group.flatMap((job) => job.commits),
        { jobs: group.length, deadline: Math.min(...group.map(deadlineOf)) },
      )
      this.#queue.moved()
      let at = 0
      for (const job of group) {
        job.resolve(results.slice(at, at + job.commits.length))
        at += job.commits.length
      }
    } catch (error) {
      if (isLockWait(error) && group.length > 1) this.#separate(group)
      else if (isFaultOfOne(error) && group.length > 1) for (const job of group) await this.#commit([job])
      else for (const job of group) await this.#settleFailed(job, error)
    }
  }

  /** One of them waits for a commit of somebody else; alone, it alone waits. */
  #separate(group: readonly QueuedJob[]): void {
    for (const job of group) {
      job.isSent = false
      job.isAlone = true
    }
    this.#queue.putBack(group)
  }

  /** A member that the server refuses alone fails alone. */
  async #settleFailed(job: QueuedJob, error: unknown): Promise<void> {
    if (!isFaultOfOne(error) || job.commits.length === 1) {
      job.reject(error)
      return
    }
    const results: CommitResult[] = []
    for (const commit of job.commits) {
      try {
        results.push(...(await this.#plan.call([commit], { jobs: 1, deadline: deadlineOf(job) })))
      } catch (alone) {
        if (!isFaultOfOne(alone)) {
          job.reject(asUnknown(alone, results))
          return
        }
        results.push({ status: 'failed', error: alone })
      }
    }
    job.resolve(results)
  }
}

interface QueuedJob extends Job {
  /** From the moment when it was first sent. */
  deadline: number | undefined
  /** Travels without others. */
  isAlone: boolean
  resolve(results: readonly CommitResult[]): void
  reject(error: unknown): void
}

/** A call that takes longer than this is held up by something. */
const stallMs = 20

/** Keeps the time and memory of one transaction bounded; a larger commit travels alone. */
const maxGroupBytes = 4_194_304

function deadlineOf({ deadline }: QueuedJob): number {
  return deadline ?? Number.POSITIVE_INFINITY
}

function unserved(waitedMs: number): NexusError {
  const waited = `waited ${Math.round(waitedMs)} ms behind other commits of this process, none of which was done`
  return new NexusError('Timeout', `metadata.commit: not sent: ${waited}`, {
    advice: 'look for a transaction that stays open',
    operation: 'metadata.commit',
    outcome: 'none',
  })
}

/** True if nothing was done because a lock took long. */
function isLockWait(error: unknown): boolean {
  return isNexusError(error) && error.context.sqlState === '55P03'
}

/** True if the server rolled back because of what one of the commits holds, so that the others are worth trying without it. */
function isFaultOfOne(error: unknown): error is NexusError {
  if (!isNexusError(error) || error.outcome !== 'none') return false
  return ['Unexpected', 'InvalidArgument', 'NoSpace', 'Corrupt'].includes(error.code) || error.context.sqlState === '53200'
}

/** What failed surely did nothing, but commits before it in the list may have been applied. */
function asUnknown(error: unknown, before: readonly CommitResult[]): unknown {
  if (before.length === 0 || !isNexusError(error)) return error
  return error.with({ operation: error.operation ?? 'metadata.commit', outcome: 'unknown' })
}
