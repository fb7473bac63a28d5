import { parentPort, workerData } from 'node:worker_threads'
import { addWalRoom } from './checkpointer.ts'
import { connect, type DatabaseLocation } from './connection.ts'
import type { SqlDatabase } from './driver.ts'
import { faultOf } from './errors.ts'
import { LastRevision, StoreClock } from './last-revision.ts'
import type { ThreadReply, ThreadRequest } from './store-thread.ts'
import { TransactionRunner } from './transaction.ts'

/** How long room in the WAL waits for the write lock, in ms; it stops nobody. */
const roomWaitMs = 200

/** Here a group keeps only other processes waiting, in ms. */
const groupMs = 20

/** What runs on the other thread: one request after the other, each answered before the next. */
class StoreThreadMain {
  readonly #location: DatabaseLocation
  #connection: Connection | undefined

  constructor(location: DatabaseLocation) {
    this.#location = location
  }

  answer(request: ThreadRequest): ThreadReply {
    try {
      this.#connection ??= open(this.#location)
      const reply = serve(request, this.#connection, this.#location)
      if (reply.kind === 'lost' || reply.kind === 'broken') this.close()
      return reply
    } catch (error) {
      this.close()
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

interface Connection {
  readonly database: SqlDatabase
  readonly committer: TransactionRunner
}

/** Expectations are looked up in the database: the cache is on the main thread. */
function open(location: DatabaseLocation): Connection {
  const database = connect(location)
  const last = new LastRevision(database, new StoreClock())
  const committer = new TransactionRunner(
    database,
    {
      enter: () => last.refresh(),
      beginWrites: () => last.beginWrites(),
      endWrites: (revision) => last.endWrites(revision),
      revisionOf: () => undefined,
      committed: (revision) => last.wrote(revision),
    },
    groupMs,
  )
  return { database, committer }
}

function serve(request: ThreadRequest, { database, committer }: Connection, location: DatabaseLocation): ThreadReply {
  switch (request.kind) {
    case 'group':
      return committer.run(request.group)
    case 'checkpoint':
      return checkpoint(database, request.mode, request.waitMs)
    case 'room':
      return room(database, location.file)
  }
}

function room(database: SqlDatabase, file: string): ThreadReply {
  database.exec(`PRAGMA busy_timeout = ${roomWaitMs}`)
  try {
    return { kind: 'room', isMore: addWalRoom(database, file) }
  } finally {
    database.exec('PRAGMA busy_timeout = 0')
  }
}

function checkpoint(database: SqlDatabase, mode: string, waitMs: number): ThreadReply {
  database.exec(`PRAGMA busy_timeout = ${waitMs}`)
  try {
    const [isBusy, , moved] = database.prepare(`PRAGMA wal_checkpoint(${mode})`).get() ?? []
    return { kind: 'checkpoint', moved: isBusy === 0 ? Number(moved) : undefined }
  } finally {
    database.exec('PRAGMA busy_timeout = 0')
  }
}

const thread = new StoreThreadMain(workerData)
parentPort?.on('message', (request: ThreadRequest | 'close') => {
  if (request === 'close') {
    thread.close()
    // Nothing else is left to do here, but not every runtime ends a thread for that.
    process.exit()
  } else {
    parentPort?.postMessage(thread.answer(request))
  }
})
parentPort?.postMessage('ready')
