import { parentPort, workerData } from 'node:worker_threads'
import { connect, type DatabasePlace } from './connection.ts'
import type { SqlDatabase } from './driver.ts'
import { GroupCommitter, type GroupOutcome } from './group-committer.ts'
import { LastRevision } from './last-revision.ts'
import type { PlannedCommit } from './planned-commit.ts'
import { faultOf } from './sql-fault.ts'

/** The thread that commits while the main one goes on: it runs one group after the other, in the order of the messages. */
class CommitThread {
  readonly #place: DatabasePlace
  #connection: { readonly database: SqlDatabase; readonly committer: GroupCommitter } | undefined

  constructor(place: DatabasePlace) {
    this.#place = place
  }

  run(group: readonly PlannedCommit[]): GroupOutcome {
    try {
      this.#connection ??= open(this.#place)
      const outcome = this.#connection.committer.run(group)
      if (outcome.kind === 'lost' || outcome.kind === 'broken') this.close()
      return outcome
    } catch (error) {
      return { kind: 'broken', fault: faultOf(error) }
    }
  }

  close(): void {
    try {
      this.#connection?.database.close()
    } finally {
      this.#connection = undefined
    }
  }
}

/** Expectations are looked up in the database: the cache is on the main thread. */
function open(place: DatabasePlace): { readonly database: SqlDatabase; readonly committer: GroupCommitter } {
  const database = connect(place)
  const last = new LastRevision(database)
  const committer = new GroupCommitter(database, {
    enter: () => last.refresh(),
    revisionOf: () => undefined,
    committed: (revision) => last.wrote(revision),
  })
  return { database, committer }
}

const thread = new CommitThread(workerData)
parentPort?.on('message', (group: readonly PlannedCommit[] | 'close') => {
  if (group === 'close') {
    thread.close()
    parentPort?.close()
  } else {
    parentPort?.postMessage(thread.run(group))
  }
})
parentPort?.postMessage('ready')
