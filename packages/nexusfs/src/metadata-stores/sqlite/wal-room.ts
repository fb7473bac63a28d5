import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs'
import type { SqlDatabase } from './driver.ts'
import { transact } from './transact.ts'

/** As long as the file of the WAL becomes in steady use, in bytes: a little more than the checkpointer lets it fill. */
const roomBytes = 8 * 1024 * 1024

/** Written at once, in bytes. */
const pieceBytes = 1024 * 1024

/** So many times the room must be free on the disk; where space is short, the file grows as it needs. */
const spareRooms = 16

/**
 * Makes the file of the WAL as long as it gets, with zeros behind what it holds. A commit of class `disk` that overwrites the file waits
 * for its bytes; one that makes it grow also waits until the file system has written down that it grew, nearly twice as long.
 *
 * Only who holds the write lock may append to the file, and this holds it; SQLite takes a frame for real by its checksum, which zeros
 * do not have. Blocks the thread for as long as the disk takes for the room.
 */
export function makeWalRoom(database: SqlDatabase, file: string): void {
  transact(database, 'BEGIN IMMEDIATE', 'ROLLBACK', () => {
    const wal = openSync(`${file}-wal`, 'r+')
    try {
      appendZeros(wal, `${file}-wal`)
    } finally {
      closeSync(wal)
    }
  })
}

/** The file is as before if the disk does not take it. */
function appendZeros(wal: number, path: string): void {
  const before = fstatSync(wal).size
  const { bavail, bsize } = statfsSync(path)
  if (before >= roomBytes || bavail * bsize < spareRooms * roomBytes) return
  const zeros = new Uint8Array(pieceBytes)
  try {
    for (let at = before; at < roomBytes; ) at += writeSync(wal, zeros, 0, Math.min(pieceBytes, roomBytes - at), at)
    fsyncSync(wal)
  } catch (error) {
    ftruncateSync(wal, before)
    throw error
  }
}
