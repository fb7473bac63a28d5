import { setTimeout as sleep } from 'node:timers/promises'
import { isNexusError, type Outcome } from '../../core/errors.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'
import { commitArguments, commitResults, type PlannedCommit, planCommit } from './commit-call.ts'
import { type CallTerms, GroupCommitter, type Job } from './group-committer.ts'
import { maxLocks } from './lock-plan.ts'
import type { StoreSession } from './store-session.ts'

/** A caller's list on its way. */
export interface CommitListCall {
  readonly results: Promise<readonly CommitResult[]>
  /** `none` as long as no part of it was sent. */
  outcome(): Outcome
  /** Sends no further part. */
  end(): void
}

/** Commits lists: in parts that fit into one transaction each, one after the other. */
export class CommitCaller {
  readonly #session: StoreSession
  readonly #committer: GroupCommitter
  readonly #onCommitted: () => void

  constructor(session: StoreSession, onCommitted: () => void) {
    const { groupSize, commitConnections, poolSize, statementTimeoutMs } = session.settings
    this.#session = session
    this.#onCommitted = onCommitted
    this.#committer = new GroupCommitter({
      groupSize,
      lanes: commitConnections,
      timeoutMs: statementTimeoutMs,
      maxLanes: Math.max(commitConnections, poolSize - 1),
      call: (commits, terms) => this.#callWithRetry(commits, terms),
    })
  }

  begin(commits: readonly Commit[]): CommitListCall {
    const state: ListState = { job: undefined, isSent: false, isEnded: false }
    return {
      results: this.#commitParts(this.#parts(commits), state),
      outcome: () => (state.isSent || state.job?.isSent ? 'unknown' : 'none'),
      end: () => {
        state.isEnded = true
        if (state.job !== undefined) this.#committer.withdraw(state.job)
      },
    }
  }

  async #commitParts(parts: readonly (readonly PlannedCommit[])[], state: ListState): Promise<readonly CommitResult[]> {
    const results: CommitResult[] = []
    for (const part of parts) {
      if (state.isEnded) break
      state.job = this.#committer.submit(part)
      try {
        results.push(...(await state.job.result))
        state.isSent = true
      } catch (error) {
        if (results.length === 0 || !isNexusError(error) || error.outcome !== 'none') throw error
        // Parts before it are committed: the caller learns which, and that this and the rest are not.
        const rest = parts.flat().length - results.length
        return [...results, ...Array.from({ length: rest }, (): CommitResult => ({ status: 'failed', error }))]
      }
    }
    return results
  }

  #parts(commits: readonly Commit[]): readonly (readonly PlannedCommit[])[] {
    const parts: PlannedCommit[][] = []
    let locks = 0
    let bytes = 0
    for (const commit of commits) {
      const planned = planCommit(this.#session.store, commit)
      const last = parts.at(-1)
      locks += planned.locks.length
      bytes += planned.bytes
      if (last !== undefined && last.length < partCommits && locks < maxLocks && bytes <= partBytes) {
        last.push(planned)
        continue
      }
      parts.push([planned])
      locks = planned.locks.length
      bytes = planned.bytes
    }
    return parts
  }

  async #callWithRetry(commits: readonly PlannedCommit[], { jobs, deadline }: CallTerms): Promise<readonly CommitResult[]> {
    const lockMs = jobs > 1 ? groupLockMs : Number.POSITIVE_INFINITY
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#call(commits, { timeoutMs: Math.max(1, deadline - performance.now()), lockMs })
      } catch (error) {
        const isSplit = jobs > 1 && isNexusError(error) && error.context.sqlState === '55P03'
        if (isSplit || !mayTryAgain(error) || attempt >= maxAttempts || performance.now() >= deadline) throw exhausted(error)
        await sleep(Math.random() * Math.min(100, 2 ** attempt))
      }
    }
  }

  async #call(commits: readonly PlannedCommit[], { timeoutMs, lockMs }: CallTimes): Promise<readonly CommitResult[]> {
    const { pool, statements, store, seen, told } = this.#session
    const lockWaitMs = Math.ceil(Math.min(timeoutMs, lockMs))
    const asked = pool.use(timeoutMs, (connection) => {
      seen.refuseIfBack()
      const values = commitArguments({ store, seen: seen.revision, time: told.time }, commits, lockWaitMs)
      return connection.query({ operation: 'metadata.commit', text: statements.commit, name: 'nexus_commit', values, timeoutMs })
    })
    const rows = await asked.catch((error: unknown) => {
      throw isNexusError(error) && error.context.reason === 'rolled back' ? seen.found(error) : error
    })
    const results = commitResults(rows[0]?.[0] ?? '', commits.length)
    const highest = results.findLast((result) => result.status === 'committed')
    if (highest !== undefined) {
      seen.saw(highest.revision)
      this.#onCommitted()
    }
    return results
  }
}

interface CallTimes {
  readonly timeoutMs: number
  /** Of it, for the locks. */
  readonly lockMs: number
}

interface ListState {
  job: Job | undefined
  /** An earlier part was sent. */
  isSent: boolean
  isEnded: boolean
}

const partCommits = 64
const partBytes = 4_194_304
const maxAttempts = 20

/** A group that waits this long for a lock is taken apart. */
const groupLockMs = 200

/** It surely did nothing, and lost only against other transactions, or found a connection that had ended. */
function mayTryAgain(error: unknown): boolean {
  if (!isNexusError(error) || error.outcome !== 'none') return false
  if (error.code === 'Unavailable' && error.operation === 'metadata.commit' && error.context.sqlState === undefined) return true
  return ['40001', '40P01', '55P03'].includes(String(error.context.sqlState))
}

function exhausted(error: unknown): unknown {
  if (!mayTryAgain(error) || !isNexusError(error)) return error
  return error.with({ operation: error.operation ?? 'metadata.commit', retry: 'exhausted' })
}
