import { keyText } from '../../metadata/key-text.ts'
import { type Commit, isRangedGroup } from '../../metadata/metadata-store.ts'

/**
 * Cuts a list of commits into runs, in order: no member of a run expects or writes a key that an earlier member of it writes. So a run
 * can be checked as a whole and then written as a whole.
 *
 * @returns the end of each run: how many commits it and those before it hold
 */
export function commitRuns(commits: readonly Commit[]): readonly number[] {
  const ends: number[] = []
  let written = new Set<string>()
  commits.forEach((commit, index) => {
    if (touches(commit, written)) {
      ends.push(index)
      written = new Set()
    }
    addWritten(commit, written)
  })
  if (commits.length > 0) ends.push(commits.length)
  return ends
}

function touches({ expect, writes }: Commit, written: ReadonlySet<string>): boolean {
  if (written.size === 0) return false
  for (const expectation of expect) {
    const text = expectation.kind === 'range' ? groupText(expectation.range.group) : keyText(expectation.key)
    if (written.has(text)) return true
  }
  return writes.some((write) => !hasSlot(write) && written.has(keyText(write.key)))
}

function addWritten({ writes }: Commit, written: Set<string>): void {
  for (const write of writes) {
    if (isRangedGroup(write.key.group)) written.add(groupText(write.key.group))
    if (!hasSlot(write)) written.add(keyText(write.key))
  }
}

function hasSlot(write: Commit['writes'][number]): boolean {
  return write.kind === 'put' && write.key.revisionAt !== undefined
}

/** No key's text begins so: a key's begins with the length of its group, which is at most 512. */
function groupText(group: Uint8Array): string {
  return `\uffff${keyText({ group, item: noBytes })}`
}

const noBytes = new Uint8Array(0)
