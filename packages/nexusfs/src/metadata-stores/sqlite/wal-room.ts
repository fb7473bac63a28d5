import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs'
import type { SqlDatabase } from './driver.ts'
import { transact } from './transaction.ts'

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
