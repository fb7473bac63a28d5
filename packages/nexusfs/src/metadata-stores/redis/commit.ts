import { uint64 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { toRevision } from '../../core/revision.ts'
import type { Commit, CommitResult, Expectation, Write } from '../../metadata/metadata-store.ts'
import { PackedWriter, packBounds, packList, packValue } from './packed-writer.ts'
import { toStampedRevision } from './read.ts'
import { asBytes, asNumber, asText, type Reply } from './reply.ts'
import type { PackedRequest } from './request-queue.ts'

/** One commit in the form that `commit-script.ts` reads: its size, its expectations, its writes. */
export function packCommit({ expect, writes }: Commit): PackedRequest {
  const target = new PackedWriter()
  target.uint32(0)
  target.uint32(expect.length)
  target.uint32(writes.length)
  const head = target.length
  for (const expectation of expect) packExpectation(target, expectation)
  for (const write of writes) packWrite(target, write)
  target.patchUint32(0, target.length - head)
  return { packed: target.finish(), weight: writes.length + expect.length }
}

/** Packed commits behind the highest time that this client was told, and their number. */
export function packCommits(toldTime: number, commits: readonly Uint8Array[]): Buffer {
  return Buffer.concat([uint64(toldTime), packList(commits)])
}

const expectationCodes = { at: 1, absent: 2, present: 3, range: 4 } as const
const putCode = 1
const deleteCode = 2
const putWithSlotCode = 3

function packExpectation(target: PackedWriter, expectation: Expectation): void {
  target.uint8(expectationCodes[expectation.kind])
  if (expectation.kind === 'range') {
    packExpectedRange(target, expectation)
    return
  }
  target.short(expectation.key.group)
  target.short(expectation.key.item)
  if (expectation.kind === 'at') target.uint64(expectation.revision)
}

function packExpectedRange(target: PackedWriter, { range, count, maxRevision }: Expectation & { kind: 'range' }): void {
  target.short(range.group)
  packBounds(target, range)
  target.uint32(count)
  target.uint64(maxRevision)
}

function packWrite(target: PackedWriter, write: Write): void {
  const slot = write.kind === 'put' ? write.key.revisionAt : undefined
  target.uint8(write.kind === 'delete' ? deleteCode : slot === undefined ? putCode : putWithSlotCode)
  target.short(write.key.group)
  target.short(write.key.item)
  if (write.kind === 'delete') return
  if (slot !== undefined) target.uint16(slot)
  packValue(target, write.key, write.value)
}

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
