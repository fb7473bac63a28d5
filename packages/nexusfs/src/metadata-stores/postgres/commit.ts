import { setTimeout as sleep } from 'node:timers/promises'
import { isNexusError, NexusError } from '../../core/errors.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import { type Group, type GroupOutcome, GroupQueue } from '../../engine-kit/group-queue.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'
import { commitArguments, commitResults, type PlannedCommit, planCommit } from './commit-arguments.ts'
import type { Connection } from './connection.ts'
import { lockNumber, maxLocks } from './locks.ts'
import type { ResolvedSettings } from './options.ts'
import type { StoreSession } from './store-session.ts'

const operation = 'metadata.commit'

/** A call that takes longer than this, in ms, is held up by something. */
const stallMs = 20

/** Keeps the time and memory of one transaction bounded; a larger commit travels alone. */
const groupBytes = 4_194_304

/** A group that waits this long for a lock, in ms, is taken apart: alone, only the one waits that the other commit is in the way of. */
const groupLockMs = 200

const mostAttempts = 20
const pauses = { firstMs: 1, longestMs: 50 } as const

/** What of a session commits need. */
export interface CommitSession extends Pick<StoreSession, 'statements' | 'store' | 'seen' | 'told'> {
  readonly settings: Pick<ResolvedSettings, 'groupSize' | 'commitConnections' | 'poolSize' | 'callMs'>
  readonly pool: { use<T>(waitMs: number, work: (connection: Pick<Connection, 'query'>) => Promise<T>): Promise<T> }
}

/** Commits lists: what comes while the connections for commits are busy goes in one transaction with the next free one. */
export class CommitQueue {
  readonly #session: CommitSession
  readonly #queue: GroupQueue<PlannedCommit, CommitResult>
  readonly #onCommitted: () => void

  constructor(session: CommitSession, onCommitted: () => void) {
    const { groupSize, commitConnections, poolSize, callMs } = session.settings
    this.#session = session
    this.#onCommitted = onCommitted
    this.#queue = new GroupQueue<PlannedCommit, CommitResult>({
      operation,
      lanes: commitConnections,
      room: () => room(groupSize),
      send: (group) => this.#send(group),
      // A lone writer starts at once; where there are several, all others that are ready in this turn of the loop join.
      schedule: (flush, { isLone }) => (isLone ? queueMicrotask(flush) : void setImmediate(flush)),
      failed: (error) => ({ status: 'failed', error }),
      patience: { ms: callMs, unserved },
      // Commits of other processes can hold up every connection for commits.
      spare: { afterMs: stallMs, lanes: Math.max(commitConnections, poolSize - 1) },
    })
  }

  /** See `MetadataStore.commit`. The limits were checked, and the list is not empty. */
  add(commits: readonly Commit[], signal: AbortSignal | undefined): Promise<readonly CommitResult[]> {
    const { store } = this.#session
    return this.#queue.add(
      commits.map((commit) => planCommit(store, commit)),
      signal,
    )
  }

  /** A group has its time from when it is first sent. */
  async #send(group: Group<PlannedCommit>): Promise<GroupOutcome<CommitResult>> {
    const deadline = group.since + this.#session.settings.callMs
    const isShared = group.calls > 1
    const backoff = new Backoff(pauses)
    for (let attempt = 1; ; attempt++) {
      try {
        return { kind: 'done', results: await this.#call(group, Math.max(1, deadline - performance.now())) }
      } catch (error) {
        if (isShared && isLockWait(error)) return { kind: 'apart', error }
        const isLast = attempt >= mostAttempts || performance.now() >= deadline
        if (!mayTryAgain(error) || isLast) return asOutcome(error)
      }
      await sleep(backoff.next())
    }
  }

  async #call(group: Group<PlannedCommit>, timeoutMs: number): Promise<readonly CommitResult[]> {
    const { pool, statements, store, seen, told } = this.#session
    const lockMs = Math.ceil(group.calls > 1 ? Math.min(timeoutMs, groupLockMs) : timeoutMs)
    const asked = pool.use(timeoutMs, async (connection) => {
      seen.refuseIfRolledBack()
      const commits = group.take()
      if (commits.length === 0) return []
      const values = commitArguments({ store, seen: seen.revision, time: told.time }, commits, lockMs)
      const rows = await connection.query({ operation, text: statements.commit, name: 'nexus_commit', values, timeoutMs })
      return commitResults(rows[0]?.[0] ?? '', commits.length)
    })
    const results = await asked.catch((error: unknown) => {
      throw isNexusError(error) && error.context.reason === 'rolled back' ? seen.rolledBack(error) : error
    })
    const highest = results.findLast((result) => result.status === 'committed')
    if (highest !== undefined) {
      seen.raise(highest.revision)
      this.#onCommitted()
    }
    return results
  }
}

function room(groupSize: number): (commit: PlannedCommit) => boolean {
  const numbers = new Set<number>()
  let count = 0
  let bytes = 0
  return (commit) => {
    count += 1
    bytes += commit.bytes
    for (const lock of commit.locks) numbers.add(lockNumber(lock))
    return count <= groupSize && numbers.size < maxLocks && bytes <= groupBytes
  }
}

function unserved(waitedMs: number): NexusError {
  const waited = `waited ${Math.round(waitedMs)} ms behind other commits of this process, none of which was done`
  return new NexusError('Timeout', `${operation}: not sent: ${waited}`, {
    advice: 'look for a transaction that stays open',
    operation,
    outcome: 'none',
  })
}

/** True if nothing was done because a lock took long. */
function isLockWait(error: unknown): error is NexusError {
  return isNexusError(error) && error.context.sqlState === '55P03'
}

/** It surely did nothing, and lost only against other transactions, or found a connection that had ended. */
function mayTryAgain(error: unknown): error is NexusError {
  if (!isNexusError(error) || error.outcome !== 'none') return false
  if (error.code === 'Unavailable' && error.operation === operation && error.context.sqlState === undefined) return true
  return ['40001', '40P01', '55P03'].includes(String(error.context.sqlState))
}

function asOutcome(error: unknown): GroupOutcome<CommitResult> {
  if (isFaultOfOne(error)) return { kind: 'apart', error }
  if (!mayTryAgain(error)) return { kind: 'failed', error }
  return { kind: 'failed', error: error.with({ operation: error.operation ?? operation, retry: 'exhausted' }) }
}

/** True if the server rolled back because of what one of the commits holds, so that the others are worth trying without it. */
function isFaultOfOne(error: unknown): error is NexusError {
  if (!isNexusError(error) || error.outcome !== 'none' || error.context.reason === 'rolled back') return false
  return ['Unexpected', 'InvalidArgument', 'NoSpace', 'Corrupt'].includes(error.code) || error.context.sqlState === '53200'
}
