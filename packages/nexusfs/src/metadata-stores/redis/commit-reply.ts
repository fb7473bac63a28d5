import { NexusError } from '../../core/errors.ts'
import { toRevision } from '../../core/revision.ts'
import type { CommitResult } from '../../metadata/metadata-store.ts'
import { toStampedRevision } from './read-reply.ts'
import { asBytes, asNumber, asText, type Reply } from './reply.ts'

/** What the pairs that `commit-script.ts` returns mean. */
export function toCommitResults(pairs: readonly Reply[], operation: string): readonly CommitResult[] {
  const results: CommitResult[] = []
  for (let i = 0; i + 1 < pairs.length; i += 2) results.push(toResult(asNumber(pairs[i]), pairs[i + 1], operation))
  return results
}

function toResult(code: number, detail: Reply | undefined, operation: string): CommitResult {
  if (code > 0) return { status: 'committed', revision: toRevision(code) }
  if (code === 0) return { status: 'failed', error: notOurs(asText(detail), operation) }
  const head = asBytes(detail)
  return { status: 'conflict', expectation: -code - 1, found: head.length === 0 ? undefined : toStampedRevision(head) }
}

function notOurs(what: string, operation: string): NexusError {
  const text = `${operation}: ${what}`
  return new NexusError('Corrupt', text, { advice: 'give the store a prefix of its own', operation, outcome: 'none' })
}
