import type { MetadataStore } from 'nexusfs'
import { expectEqual, LawBroken } from '../expect.ts'
import { together } from './alongside.ts'
import { at, commitOne, entryOf, key, mustCommit, pageOf, put, scan, slotKey, upTo } from './fixtures.ts'

const increments = 12

/** Each worker increments the counter by compare and set, and logs the value it wrote under its revision. */
export async function checkCounter(port: MetadataStore, workers: readonly MetadataStore[]): Promise<void> {
  await putCounter(port)
  await together(workers.map((worker) => () => incrementOften(worker, increments)))
  await expectCounted(port, workers.length * increments)
}

export async function putCounter(port: MetadataStore): Promise<void> {
  await mustCommit(port, [put(key('counter'), '0')])
}

export async function expectCounted(port: MetadataStore, total: number): Promise<void> {
  const counter = await entryOf(port, key('counter'))
  expectEqual(numberOf(counter?.value), total, 'the counter holds the number of increments')
  const log = await pageOf(port, scan('l'))
  const expected = upTo(total).map((index) => index + 1)
  expectEqual(
    log.entries.map((entry) => numberOf(entry.value)),
    expected,
    'each revision order is the order of the values',
  )
}

export async function incrementOften(port: MetadataStore, times: number): Promise<void> {
  for (const _round of upTo(times)) await increment(port)
}

async function increment(port: MetadataStore): Promise<void> {
  for (const _attempt of upTo(500)) {
    const entry = await entryOf(port, key('counter'))
    if (entry === undefined) throw new LawBroken('the counter is there')
    const next = String(numberOf(entry.value) + 1)
    const writes = [put(key('counter'), next), put(slotKey('', 0), next)]
    const result = await commitOne(port, writes, [at(entry.key, entry.revision)])
    if (result.status === 'committed') return
  }
  throw new LawBroken('an increment succeeds within 500 attempts')
}

function numberOf(value: Uint8Array | undefined): number {
  return Number(new TextDecoder().decode(value))
}
