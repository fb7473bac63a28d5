import { NexusError } from '../../core/errors.ts'
import { toRevision } from '../../core/revision.ts'
import { checkBytes } from '../../metadata/checked-value.ts'
import type { Commit, CommitResult, Expectation, Key, Write, WrittenKey } from '../../metadata/metadata-store.ts'
import { MessageWriter } from './message-writer.ts'
import { boundsOf, packCheck } from './packed-writer.ts'
import { toStampedRevision } from './read.ts'
import { asBytes, asNumber, asText, type Reply } from './reply.ts'
import type { PackedRequest } from './request-queue.ts'

const nothing = new Uint8Array(0)

/** Packs commits to the store of one prefix as `commit-script.ts` takes them: with the names of keys whole, so that Lua has little to do. */
export class CommitPacker {
  readonly #prefix: Buffer

  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix, 'latin1')
  }

  /**
   * An array: the number of expectations; that of long values; whether an expectation is a range; two elements for each expectation, four for each
   * write. And the long values.
   */
  pack({ expect, writes }: Commit): PackedRequest {
    const target = new MessageWriter(this.#sizeOf(expect, writes))
    const long = longValues(writes)
    target.array(3 + 2 * expect.length + 4 * writes.length)
    target.number(expect.length)
    target.number(long.length)
    target.claim(expect.some(({ kind }) => kind === 'range'))
    for (const expectation of expect) this.#packExpectation(target, expectation)
    for (const write of writes) this.#packWrite(target, write)
    const packed = target.finish()
    const bytes = long.reduce((sum, { length }) => sum + length, packed.length)
    return { packed, long, bytes, weight: writes.length + expect.length }
  }

  /** At most, but for ranges, so that the writer need not grow. */
  #sizeOf(expect: readonly Expectation[], writes: readonly Write[]): number {
    const fixed = this.#prefix.length + 16
    let size = 32
    for (const one of expect) if (one.kind !== 'range') size += fixed + sizeOf(one.key)
    for (const one of writes)
      size += 2 * (fixed + sizeOf(one.key)) + (one.kind === 'put' && !isLong(one.value) ? one.value.length : 0)
    return size
  }

  /** The key of the entry, and its revision in 8 bytes; or '' if it is to be absent, or true if any will do. */
  #packExpectation(target: MessageWriter, expectation: Expectation): void {
    if (expectation.kind === 'range') {
      this.#packRange(target, expectation)
      return
    }
    this.#packEntry(target, expectation.key.group, expectation.key.item)
    if (expectation.kind === 'at') {
      target.string(8)
      target.raw.uint64(expectation.revision)
    } else if (expectation.kind === 'absent') target.string(0)
    else target.claim(true)
  }

  /** An array of the index, what the keys of its entries begin with, two bounds, the number and the highest revision; and true. */
  #packRange(target: MessageWriter, { range, count, maxRevision }: Expectation & { kind: 'range' }): void {
    target.array(6)
    this.#packIndex(target, range.group)
    this.#packEntry(target, range.group, nothing)
    for (const { mark, bytes } of boundsOf(range)) {
      target.string(bytes.length + 1)
      target.raw.uint8(mark)
      target.raw.raw(bytes)
    }
    target.number(count)
    target.number(maxRevision)
    target.claim(true)
  }

  /**
   * The key of the entry, its index, its item, its value with the check, or false to delete it. If the revision goes into the item, the
   * key lacks the item, and the item the revision. Then, or if the value is long, an array instead of the value: the offset of the revision or false,
   * the value with the check, and false; if it is long, only the check, and true.
   */
  #packWrite(target: MessageWriter, write: Write): void {
    const { group, item } = write.key
    const slot = write.kind === 'put' ? write.key.revisionAt : undefined
    this.#packEntry(target, group, slot === undefined ? item : nothing)
    this.#packIndex(target, group)
    target.string(item.length)
    target.raw.raw(item)
    if (write.kind === 'delete') target.claim(false)
    else packValue(target, write.key, write.value)
  }

  #packEntry(target: MessageWriter, group: Uint8Array, item: Uint8Array): void {
    target.string(this.#prefix.length + 3 + group.length + item.length)
    target.raw.raw(this.#prefix)
    target.raw.uint8(entryMark)
    target.raw.short(group)
    target.raw.raw(item)
  }

  #packIndex(target: MessageWriter, group: Uint8Array): void {
    target.string(this.#prefix.length + 1 + group.length)
    target.raw.raw(this.#prefix)
    target.raw.uint8(indexMark)
    target.raw.raw(group)
  }
}

/** In the place of that of a load. */
const noToken = Buffer.alloc(0)

/**
 * A value of so many bytes is an argument of its own: Lua hashes every byte of a string that it makes, and would do so twice if it cut the
 * value out of another. A short one is not worth an argument.
 */
const longBytes = 512

function isLong(value: Uint8Array): boolean {
  return value.length >= longBytes
}

/** Not copied: nobody changes them any more. */
function longValues(writes: readonly Write[]): readonly Buffer[] {
  const long: Buffer[] = []
  for (const write of writes) {
    if (write.kind === 'delete' || !isLong(write.value)) continue
    long.push(Buffer.from(write.value.buffer, write.value.byteOffset, write.value.length))
  }
  return long
}

const entryMark = 0x65
const indexMark = 0x69

function sizeOf({ group, item }: Key): number {
  return group.length + item.length
}

function packValue(target: MessageWriter, key: WrittenKey, value: Uint8Array): void {
  const slot = key.revisionAt
  const isArgument = isLong(value)
  const isPlain = slot === undefined && !isArgument
  if (!isPlain) {
    target.array(3)
    if (slot === undefined) target.claim(false)
    else target.number(slot)
  }
  target.string((isArgument ? 0 : value.length) + checkBytes)
  if (!isArgument) target.raw.raw(value)
  packCheck(target.raw, key, value)
  if (!isPlain) target.claim(isArgument)
}

/** The arguments of the script: packed commits behind the highest time that this client was told, and from the third on the long values of all of them. */
export function packCommits(toldTime: number, commits: readonly PackedRequest[]): readonly Buffer[] {
  const told = new MessageWriter(9)
  told.number(toldTime)
  const packed = Buffer.concat([told.finish(), ...commits.map(({ packed }) => packed)])
  return [packed, noToken, ...commits.flatMap(({ long }) => long)]
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
