import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs'
import type { DatabaseLocation } from './connection.ts'
import type { SqlDatabase } from './driver.ts'
import type { AppliedCommit } from './read-cache.ts'
import { type CheckpointMode, StoreThread } from './store-thread.ts'
import { transact } from './transaction.ts'

/** The WAL's length in frames (a page of 4 KiB each) at which it is moved into the database: the longer, the fewer pages twice. */
const checkpointFrames = 1_500

/** Its length at which commits wait for that, so that it stays below 16 MiB with the largest group. */
const fullFrames = 2_600

/** Frames that commits may wait for: to move them takes about a millisecond. */
const fewFrames = 200

/** Checkpoints beside the commits, to get down to few frames; under full load the disk cannot. */
const mostPasses = 3

/** Commits of class `disk` after which the WAL gets room for more: a short command never makes so many. */
const roomCommits = 64

/** How long commits are stopped while the last reader of an old WAL is waited for, in ms. */
const restartWaitMs = 50

/** How long they are not stopped again after that was in vain, in ms: the first time, and at most. */
const firstHoldUpMs = 1_000
const longestHoldUpMs = 16_000

/** How long the emptying of the WAL waits for others, in ms; it stops nobody. */
const emptyWaitMs = 500

/** Frames of our own commits after which its length is looked at: others write into it too. */
const lookFrames = 250

export interface CheckpointerOptions {
  readonly location: DatabaseLocation
  /** The number of frames that the WAL holds; 0 if that cannot be told now. */
  readonly walFrames: () => number
  /** Stops commits from beginning, and lets them go on. */
  readonly pause: () => void
  readonly resume: () => void
  /** Time without a commit, in ms, after which the file of the WAL is emptied. Default: 5,000. */
  readonly idleMs?: number
}

/**
 * Keeps the WAL short without blocking the event loop for the disk. A first, passive checkpoint on another thread does most of the work
 * beside the commits; they then wait for a short second one, since a WAL begins anew only once it has been moved as a whole.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  #thread: StoreThread | undefined
  #unseenFrames = 0
  #running: Promise<void> | undefined
  /** Only this work lets commits go on that were stopped because the WAL is full. */
  #isStartingAnew = false
  #heldUpMs = 0
  #nextRestart = 0
  #commits = 0
  #hasRoom: boolean
  #idleTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: CheckpointerOptions) {
    this.#options = options
    this.#hasRoom = options.location.durability !== 'disk'
  }

  /** To be called after each group, with an estimate of the frames it wrote. */
  committed(frames: number): void {
    this.#commits += 1
    this.#unseenFrames += frames
    if (this.#idleTimer === undefined) this.#awaitIdle()
    if (this.#unseenFrames >= lookFrames) this.#look()
    else if (!this.#hasRoom && this.#commits >= roomCommits) this.#run(() => this.#makeRoom())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    await this.#running
    if (this.#thread === undefined) return
    await this.#checkpoint('TRUNCATE', emptyWaitMs)
    await this.#endThread()
  }

  #look(): void {
    this.#unseenFrames = 0
    const frames = this.#options.walFrames()
    if (frames < checkpointFrames) return
    this.#run(() => this.#startAnew())
    if (frames >= fullFrames && this.#isStartingAnew && !this.#isHeldUp) this.#options.pause()
  }

  /** However it ends, commits go on. */
  async #startAnew(): Promise<void> {
    this.#isStartingAnew = true
    try {
      if (!(await this.#moveMost()) || this.#isHeldUp) return
      this.#options.pause()
      this.#restarted((await this.#checkpoint('RESTART', restartWaitMs)) !== undefined)
    } finally {
      this.#isStartingAnew = false
      this.#options.resume()
    }
  }

  /** Another connection reads, or writes, without end: until it is gone, commits go on and the WAL grows. */
  get #isHeldUp(): boolean {
    return performance.now() < this.#nextRestart
  }

  #restarted(isDone: boolean): void {
    this.#heldUpMs = isDone ? 0 : Math.min(longestHoldUpMs, Math.max(firstHoldUpMs, 2 * this.#heldUpMs))
    this.#nextRestart = isDone ? 0 : performance.now() + this.#heldUpMs
  }

  /** Beside the commits: each piece holds the lock for about a millisecond. */
  async #makeRoom(): Promise<void> {
    this.#hasRoom = true
    for (let isMore = true; isMore && !this.#isClosed; ) isMore = (await this.#onThread()?.addRoom()) ?? false
  }

  /** False if another connection is moving the WAL, or the thread cannot. */
  async #moveMost(): Promise<boolean> {
    for (let pass = 1; ; pass++) {
      const moved = await this.#checkpoint('PASSIVE', 0)
      if (moved === undefined) return false
      const frames = this.#options.walFrames()
      if (frames - moved < fewFrames || frames >= fullFrames || pass === mostPasses) return true
    }
  }

  #awaitIdle(): void {
    const commits = this.#commits
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined
      if (this.#commits !== commits) this.#awaitIdle()
      else this.#run(() => this.#empty())
    }, this.#options.idleMs ?? 5_000).unref()
  }

  async #empty(): Promise<void> {
    if (this.#options.walFrames() > 0) await this.#checkpoint('TRUNCATE', emptyWaitMs)
    this.#commits = 0
    this.#hasRoom = this.#options.location.durability !== 'disk'
    await this.#endThread()
  }

  /** One work at a time; what is due meanwhile is looked at again after further frames. */
  #run(work: () => Promise<void>): void {
    if (this.#isClosed) return
    this.#running ??= work()
      // Nobody waits for it; what is wrong with the database, the next call meets.
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Returns the frames moved, or `undefined`. Where no thread can be had, SQLite itself moves the WAL inside a commit, when it is much longer (see connection.ts). */
  async #checkpoint(mode: CheckpointMode, waitMs: number): Promise<number | undefined> {
    return this.#onThread()?.checkpoint(mode, waitMs)
  }

  /** The thread, unless none can be had. */
  #onThread(): StoreThread | undefined {
    if (this.#thread?.hasFailed === true) return undefined
    if (this.#thread?.hasEnded === true) this.#thread = undefined
    this.#thread ??= new StoreThread(this.#options.location)
    return this.#thread
  }

  async #endThread(): Promise<void> {
    const thread = this.#thread
    if (thread?.hasFailed === true) return
    this.#thread = undefined
    await thread?.close()
  }
}

/** Roughly the frames that a group wrote: a page for each small value, several for a large one. */
export function framesOf(applied: readonly AppliedCommit[]): number {
  let frames = 0
  for (const { plan } of applied) {
    frames += plan.writes.length
    for (const { value } of plan.writes) if (value instanceof Uint8Array) frames += value.length >>> 12
  }
  return frames
}

/** As long as the file of the WAL becomes in steady use, in bytes: a little more than the checkpointer lets it fill. */
const roomBytes = 8 * 1024 * 1024

/** Written under one lock, in bytes: about a millisecond. */
const pieceBytes = 512 * 1024

/** So many times the room must be free on the disk; where space is short, the file grows as it needs. */
const spareRooms = 16

/**
 * Makes the file of the WAL longer by a piece, with zeros behind what it holds, until it is as long as it gets. A commit of class `disk`
 * that overwrites the file waits for its bytes; one that makes it grow also waits until the file system has written down that it grew,
 * nearly twice as long.
 *
 * Only who holds the write lock may append to the file, and this holds it while it does; SQLite takes a frame for real by its checksum,
 * which zeros do not have. The disk is waited for without the lock.
 * @returns whether there is more to add
 */
export function addWalRoom(database: SqlDatabase, file: string): boolean {
  const path = `${file}-wal`
  const wal = openSync(path, 'r+')
  try {
    const length = transact(database, 'BEGIN IMMEDIATE', 'ROLLBACK', () => appendZeros(wal, path))
    if (length > 0) fsyncSync(wal)
    return length > 0 && length < roomBytes
  } finally {
    closeSync(wal)
  }
}

/** Returns the new length, 0 if nothing is to be added. The file is as before if the disk does not take it. */
function appendZeros(wal: number, path: string): number {
  const before = fstatSync(wal).size
  const { bavail, bsize } = statfsSync(path)
  if (before >= roomBytes || bavail * bsize < spareRooms * roomBytes) return 0
  const zeros = new Uint8Array(Math.min(pieceBytes, roomBytes - before))
  try {
    for (let done = 0; done < zeros.length; ) done += writeSync(wal, zeros, done, zeros.length - done, before + done)
    return before + zeros.length
  } catch (error) {
    ftruncateSync(wal, before)
    throw error
  }
}
