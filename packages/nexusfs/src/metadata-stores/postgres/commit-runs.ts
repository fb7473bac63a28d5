import { type Lock, lockNumber } from './lock-plan.ts'

/**
 * Cuts a list of commits, given by their locks, into runs, in order: no member of a run expects or writes a key that an earlier member
 * of it writes. So a run can be checked as a whole and then written as a whole.
 *
 * @returns the end of each run: how many commits it and those before it hold
 */
export function commitRuns(commits: readonly (readonly Lock[])[]): readonly number[] {
  if (commits.length === 1) return [1]
  const ends: number[] = []
  let written = new Set<number>()
  commits.forEach((locks, index) => {
    if (touches(locks, written)) {
      ends.push(index)
      written = new Set()
    }
    for (const lock of locks) {
      if (lock.reason === 'key written' || lock.reason === 'group written') written.add(lockNumber(lock))
    }
  })
  if (commits.length > 0) ends.push(commits.length)
  return ends
}

/** Two that write into one group do not touch: only a range that is expected there is touched. */
function touches(locks: readonly Lock[], written: ReadonlySet<number>): boolean {
  return written.size > 0 && locks.some((lock) => lock.reason !== 'group written' && written.has(lockNumber(lock)))
}
