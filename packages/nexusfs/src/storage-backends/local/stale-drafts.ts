import { stat } from 'node:fs/promises'
import { errnoOf } from '../../engine-kit/error-table.ts'
import type { LocalPlace } from './local-place.ts'
import { startTimeOf, temporaryNamePattern } from './temporary-name.ts'

/** Files removed by one sweep, at most: what is left is for the next process that opens the storage. */
const mostRemoved = 1000
/** A file of a machine or process namespace that cannot be asked is stale when nobody has written to it for so long, in ms. */
const foreignAgeMs = 24 * 60 * 60 * 1000

/**
 * Removes the temporary files whose writers are gone: processes that were killed, or a machine that lost its power. One that may live
 * keeps its file. What cannot be removed is left for the next sweep.
 */
export async function sweepStaleDrafts(place: LocalPlace): Promise<void> {
  const owners = new Map<string, Promise<boolean>>()
  let removed = 0
  for (const { name } of await place.calls.readFolder(place.temporary)) {
    const { machine, pid, start } = temporaryNamePattern.exec(name)?.groups ?? {}
    if (machine === undefined || pid === undefined || start === undefined) continue
    if (place.gate.isClosed || removed >= mostRemoved) return
    const path = `${place.temporary}/${name}`
    if (machine === place.temporaryNames.machine) {
      const owner = `${pid}-${start}`
      const isGone = owners.get(owner) ?? hasEnded(Number(pid), start)
      owners.set(owner, isGone)
      if (!(await isGone)) continue
    } else if (!(await isOld(path))) continue
    if (
      await place.calls.unlink(path).then(
        () => true,
        () => false,
      )
    )
      removed++
  }
}

/** Whether no process has that number, or another one that began at another time. */
async function hasEnded(pid: number, start: string): Promise<boolean> {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Of another user, it lives all the same.
    return errnoOf(error) === 'ESRCH'
  }
  const now = await startTimeOf(pid)
  return start !== '0' && now !== '0' && now !== start
}

async function isOld(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path)
  return Date.now() - mtimeMs > foreignAgeMs
}
