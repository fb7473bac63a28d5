import { CommitThreadClient } from './commit-thread-client.ts'
import type { DatabasePlace } from './connection.ts'
import type { GroupOutcome } from './group-committer.ts'
import type { PlannedCommit } from './planned-commit.ts'
import type { Sessions } from './session.ts'
import { faultOf } from './sql-fault.ts'

/** A flush that takes longer, in ms, moves commits to a thread of their own. */
const slowFlushMs = 2

/** Where commits run: `auto` begins on the main thread and moves when the disk turns out to be slow. */
export type WorkerMode = 'auto' | 'always' | 'never'

/**
 * Runs groups on the main thread, which is fastest for a lone writer on a fast disk, or on another one, which keeps the event loop free
 * on a slow one.
 */
export class CommitRunner {
  readonly #place: DatabasePlace
  readonly #sessions: Sessions
  readonly #mode: WorkerMode
  #thread: CommitThreadClient | undefined

  constructor(place: DatabasePlace, sessions: Sessions, mode: WorkerMode) {
    this.#place = place
    this.#sessions = sessions
    this.#mode = mode
    if (mode === 'always') this.#thread = new CommitThreadClient(place)
  }

  run(group: readonly PlannedCommit[]): GroupOutcome | Promise<GroupOutcome> {
    if (this.#thread?.hasEnded === true) this.#thread = undefined
    if (this.#thread?.isReady === true) return this.#thread.run(group)
    const outcome = this.#runHere(group)
    if (outcome.kind === 'done' && outcome.flushMs > slowFlushMs) this.#moveAway()
    return outcome
  }

  /** Ends once groups run where the mode wants them. */
  async started(): Promise<void> {
    await this.#thread?.started
  }

  async close(): Promise<void> {
    await this.#thread?.close()
  }

  #runHere(group: readonly PlannedCommit[]): GroupOutcome {
    try {
      const outcome = this.#sessions.current.committer.run(group)
      if (outcome.kind === 'lost' || outcome.kind === 'broken') this.#sessions.drop()
      return outcome
    } catch (error) {
      return { kind: 'broken', fault: faultOf(error) }
    }
  }

  /** Until the thread is ready, groups go on running here. Class `os` waits for no disk. */
  #moveAway(): void {
    if (this.#mode === 'auto' && this.#place.durability === 'disk') this.#thread ??= new CommitThreadClient(this.#place)
  }
}
