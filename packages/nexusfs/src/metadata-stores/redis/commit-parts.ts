import { isNexusError } from '../../core/errors.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'
import { type GroupLimits, isAbove, type Part } from './group-queue.ts'
import { packCommit } from './pack-commit.ts'

export const commitLimits: GroupLimits = { count: 128, bytes: 1_048_576, weight: 2_000 }

/** The commits of one call, packed, in parts that fit into one script each; a large commit is a part of its own. */
export function splitCommits(commits: readonly Commit[]): readonly Part[] {
  const parts: Part[] = []
  let part = emptyPart()
  for (const commit of commits) {
    const packed = packCommit(commit)
    const one = { packed: [packed], bytes: packed.length, weight: commit.writes.length + commit.expect.length }
    const isFull = part.packed.length > 0 && isAbove({ ...part, count: part.packed.length }, one, commitLimits)
    if (isFull) {
      parts.push(part)
      part = emptyPart()
    }
    part.packed.push(packed)
    part.bytes += one.bytes
    part.weight += one.weight
  }
  if (part.packed.length > 0) parts.push(part)
  return parts
}

function emptyPart(): { packed: Buffer[]; bytes: number; weight: number } {
  return { packed: [], bytes: 0, weight: 0 }
}

/**
 * The results of a call whose parts were sent one after the other.
 * @throws {NexusError} with the outcome `none` only if that holds for every part
 */
export async function joinParts(parts: readonly Promise<readonly CommitResult[]>[]): Promise<readonly CommitResult[]> {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const settled = await Promise.allSettled(parts)
  const failures = settled.filter((part) => part.status === 'rejected')
  const [first] = failures
  if (first === undefined) return settled.flatMap((part) => (part.status === 'fulfilled' ? part.value : []))
  const isNothingApplied = failures.length === parts.length && failures.every(({ reason }) => hasOutcomeNone(reason))
  throw isNothingApplied ? first.reason : withUnknownOutcome(first.reason)
}

function hasOutcomeNone(error: unknown): boolean {
  return isNexusError(error) && error.outcome === 'none'
}

function withUnknownOutcome(error: unknown): unknown {
  if (!isNexusError(error) || !hasOutcomeNone(error)) return error
  return error.with({ outcome: 'unknown', cause: error.cause })
}
