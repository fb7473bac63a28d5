import { equalBytes } from '../core/bytes.ts'
import { NexusError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { keyTextOnce } from './keyspace.ts'
import {
  type Commit,
  type Expectation,
  type ItemRange,
  isRangedGroup,
  type Key,
  type ReadRequest,
  type Write,
  type WrittenKey,
} from './metadata-store.ts'

/** Bytes of a REV slot once filled. */
export const revisionSlotBytes = 8

/**
 * Refuses what no store takes, before any I/O.
 * @throws {NexusError} InvalidArgument
 */
export function checkReadRequest(request: ReadRequest): void {
  const keys = request.get ?? []
  if (keys.length > limits.scanEntries) refuse(`${keys.length} keys in one read`, `at most ${limits.scanEntries}`)
  for (const key of keys) checkKey(key)
  for (const scan of request.scan ?? []) {
    checkRange(scan)
    if (!Number.isInteger(scan.limit) || scan.limit < 1 || scan.limit > limits.scanEntries) {
      refuse(`a scan's limit is 1 to ${limits.scanEntries}, not ${scan.limit}`)
    }
  }
}

/**
 * Refuses what no store takes, before any I/O and before any member is applied.
 * @throws {NexusError} InvalidArgument, with the outcome `none`
 */
export function checkCommits(commits: readonly Commit[]): void {
  for (const commit of commits) {
    checkCommit(commit)
  }
}

function checkCommit({ expect, writes }: Commit): void {
  if (writes.length === 0) refuse('a commit without writes', 'use read to look')
  if (writes.length > limits.commitWrites) refuse(`${writes.length} writes in one commit`, `at most ${limits.commitWrites}`)
  if (expect.length > 2 * limits.commitWrites) refuse(`${expect.length} expectations in one commit`)
  for (const expectation of expect) checkExpectation(expectation)
  let bytes = 0
  for (const write of writes) bytes += checkWrite(write)
  if (writesKeyTwice(writes)) refuse('a commit writes one key twice')
  if (bytes > limits.commitBytes) refuse(`${bytes} bytes in one commit`, `at most ${limits.commitBytes}`)
}

function checkExpectation(expectation: Expectation): void {
  if (expectation.kind === 'range') checkExpectedRange(expectation)
  else checkKey(expectation.key)
}

function checkExpectedRange(expectation: Expectation & { kind: 'range' }): void {
  checkRange(expectation.range)
  if (!isRangedGroup(expectation.range.group)) refuse('a range is expected in a group that is not declared for it')
  if (!Number.isInteger(expectation.count) || expectation.count < 0 || expectation.count > limits.scanEntries) {
    refuse(`a range's count is 0 to ${limits.scanEntries}, not ${expectation.count}`)
  }
}

function checkWrite(write: Write): number {
  checkKey(write.key)
  const size = write.key.group.length + write.key.item.length
  if (write.kind === 'delete') return size
  checkSlot(write.key)
  if (write.value.length > limits.valueBytes) {
    refuse(`a value of ${write.value.length} bytes`, `at most ${limits.valueBytes}`)
  }
  return size + write.value.length
}

function checkSlot(key: WrittenKey): void {
  if (key.revisionAt === undefined) return
  if (!Number.isInteger(key.revisionAt) || key.revisionAt < 0 || key.revisionAt > key.item.length) {
    refuse(`the REV slot is at ${key.revisionAt}, outside its item of ${key.item.length} bytes`)
  }
  if (key.group.length + key.item.length + revisionSlotBytes > limits.keyBytes) {
    refuse(`a key with its REV slot has at most ${limits.keyBytes} bytes`)
  }
}

function slotOf(write: Write): number | undefined {
  return write.kind === 'put' ? write.key.revisionAt : undefined
}

/** Few keys are compared one by one, which is faster than a Set of their texts. */
function writesKeyTwice(writes: readonly Write[]): boolean {
  if (writes.length > 16) return new Set(writes.map(writtenKeyText)).size !== writes.length
  return writes.some((write, index) => writes.some((other, before) => before < index && isSameKey(write, other)))
}

function isSameKey(a: Write, b: Write): boolean {
  return slotOf(a) === slotOf(b) && equalBytes(a.key.item, b.key.item) && equalBytes(a.key.group, b.key.group)
}

/** Two keys with a slot at the same offset are the same key; a slot makes it differ from every key without one. */
function writtenKeyText(write: Write): string {
  const slot = slotOf(write)
  return slot === undefined ? keyTextOnce(write.key) : `${slot}:${keyTextOnce(write.key)}`
}

function checkKey(key: Key): void {
  if (key.group.length === 0) refuse('a key has a group of at least one byte')
  const size = key.group.length + key.item.length
  if (size > limits.keyBytes) refuse(`a key of ${size} bytes`, `at most ${limits.keyBytes}`)
}

function checkRange(range: ItemRange): void {
  if (range.group.length === 0) refuse('a range has a group of at least one byte')
  for (const bound of [range.from, range.to]) {
    if (bound !== undefined && range.group.length + bound.length > limits.keyBytes) {
      refuse(`a bound of a range has at most ${limits.keyBytes} bytes with its group`)
    }
  }
}

function refuse(what: string, advice?: string): never {
  throw new NexusError('InvalidArgument', `metadata: ${what}`, { outcome: 'none', advice })
}
