import { uint64 } from '../../core/bytes.ts'
import { checkBytes, checkOf } from '../../metadata/checked-value.ts'
import type { Commit, Expectation, ItemRange, Scan, Write, WrittenKey } from '../../metadata/metadata-store.ts'
import { PackedWriter } from './packed-writer.ts'

/** One commit in the form that `commit-script.ts` reads: its size, its expectations, its writes. */
export function packCommit({ expect, writes }: Commit): Buffer {
  const target = new PackedWriter()
  target.uint32(0)
  target.uint32(expect.length)
  target.uint32(writes.length)
  const head = target.length
  for (const expectation of expect) packExpectation(target, expectation)
  for (const write of writes) packWrite(target, write)
  target.patchUint32(0, target.length - head)
  return target.finish()
}

/** Packed commits behind the highest time that this client was told, and their number. */
export function packCommits(toldTime: number, commits: readonly Uint8Array[]): Buffer {
  return Buffer.concat([uint64(toldTime), packList(commits)])
}

/** Packed requests behind their number. */
export function packList(requests: readonly Uint8Array[]): Buffer {
  const count = Buffer.allocUnsafe(4)
  count.writeUInt32BE(requests.length)
  return Buffer.concat([count, ...requests])
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

/** With its check behind it, which the server keeps and does not know. */
export function packValue(target: PackedWriter, key: WrittenKey, value: Uint8Array): void {
  const { slot, crc } = checkOf(key, value)
  target.uint32(value.length + checkBytes)
  target.raw(value)
  target.uint16(slot)
  target.uint32(crc)
}

/** A scan as `read-script.ts` reads it. */
export function packScan(target: PackedWriter, scan: Scan): void {
  target.uint8(scan.reverse === true ? 1 : 0)
  target.short(scan.group)
  packBounds(target, scan)
  target.uint32(scan.limit)
}

const bracket = 0x5b
const parenthesis = 0x28
const lowest = new Uint8Array([0x2d])
const highest = new Uint8Array([0x2b])

/** Redis writes `[item` for an inclusive bound, `(item` for an exclusive one, `-` and `+` for open ends. */
function packBounds(target: PackedWriter, { from, to }: ItemRange): void {
  packBound(target, from, bracket, lowest)
  packBound(target, to, parenthesis, highest)
}

function packBound(target: PackedWriter, bound: Uint8Array | undefined, mark: number, open: Uint8Array): void {
  if (bound === undefined) {
    target.short(open)
    return
  }
  target.uint16(bound.length + 1)
  target.uint8(mark)
  target.raw(bound)
}
