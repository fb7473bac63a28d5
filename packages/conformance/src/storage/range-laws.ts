import type { ByteRange } from 'nexusfs'
import { expectBytes, expectRejection } from '../expect.ts'
import { anyKey, put, readAll, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

const badRanges: readonly ByteRange[] = [
  { start: -1 },
  { start: 0.5 },
  { start: Number.NaN },
  { start: 0, length: -1 },
  { start: 0, length: 1.5 },
  { start: 0, length: Number.POSITIVE_INFINITY },
  { start: 2 ** 53 },
]

/** Parts of a blob. */
export const rangeLaws: readonly StorageLaw[] = [
  {
    id: 'range-edges',
    member: 'get',
    title: 'ranges at, round and past the end give what there is',
    sentence: sentences.range,
    async check({ port, random }) {
      for (const size of [0, 1, 10]) {
        const key = anyKey(random)
        const bytes = random.bytes(size)
        await put(port, key, bytes)
        for (const range of edgeRanges(size)) {
          expectBytes(await port.get(key, { range }), slice(bytes, range), `get of ${text(range)} of ${size} bytes`, key)
        }
      }
    },
  },
  {
    id: 'range-any',
    member: 'get',
    title: 'any range is that slice of the whole',
    sentence: sentences.range,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(10_000)
      await put(port, key, bytes)
      for (let round = 0; round < 20; round++) {
        const range = { start: random.integer(0, 10_100), length: random.integer(0, 10_100) }
        expectBytes(await port.get(key, { range }), slice(bytes, range), `get of ${text(range)}`, key)
      }
    },
  },
  {
    id: 'range-refused',
    member: 'get',
    title: 'get refuses numbers that are negative or not whole',
    sentence: sentences.rangeNumbers,
    async check({ port, random }) {
      const key = anyKey(random)
      await put(port, key, random.bytes(10))
      for (const range of badRanges) {
        await expectRejection(() => port.get(key, { range }), 'InvalidArgument', `get of ${text(range)}`, key)
      }
    },
  },
  {
    id: 'stream-range',
    member: 'stream',
    title: 'a stream takes ranges as get does',
    sentence: sentences.stream,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(1_500_000)
      await put(port, key, bytes)
      const some = Array.from({ length: 3 }, () => ({
        start: random.integer(0, 1_500_000),
        length: random.integer(0, 1_500_000),
      }))
      for (const range of [...edgeRanges(1_500_000), ...some]) {
        expectBytes(
          await readAll(port.stream(key, { range })),
          slice(bytes, range),
          `stream of ${text(range)} of 1,500,000 bytes`,
          key,
        )
      }
    },
  },
  {
    id: 'stream-range-refused',
    member: 'stream',
    title: 'a stream refuses numbers that are negative or not whole',
    sentence: sentences.rangeNumbers,
    async check({ port, random }) {
      const key = anyKey(random)
      await put(port, key, random.bytes(10))
      for (const range of badRanges) {
        const read = (): Promise<Uint8Array> => readAll(port.stream(key, { range }))
        await expectRejection(read, 'InvalidArgument', `stream of ${text(range)}`, key)
      }
    },
  },
]

function edgeRanges(size: number): readonly ByteRange[] {
  const starts = [...new Set([0, 1, Math.max(0, size - 1), size, size + 1, size + 1_000_000])]
  const tail = [
    { start: 0, length: size },
    { start: 0, length: size + 1 },
    { start: Math.max(0, size - 3), length: 2 },
  ]
  return [
    ...starts.flatMap((start) => [
      { start },
      { start, length: 0 },
      { start, length: 1 },
      { start, length: Number.MAX_SAFE_INTEGER },
    ]),
    ...tail,
  ]
}

function slice(bytes: Uint8Array, { start, length }: ByteRange): Uint8Array {
  return length === undefined ? bytes.subarray(start) : bytes.subarray(start, start + length)
}

function text({ start, length }: ByteRange): string {
  return `the range from ${start} of ${length ?? 'all'} bytes`
}
