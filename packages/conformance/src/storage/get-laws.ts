import { expectBytes, expectRejection, expectThat } from '../expect.ts'
import { anyKey, expectBlob, put, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

/** Reading a blob at once. */
export const getLaws: readonly StorageLaw[] = [
  {
    id: 'get-missing',
    member: 'get',
    title: 'get of a key without a blob is NotFound',
    sentence: sentences.missing,
    async check({ port, random }) {
      const key = anyKey(random)
      await put(port, `${key}0`, random.bytes(3))
      await expectRejection(() => port.get(key), 'NotFound', 'get of a key nobody put', key)
    },
  },
  {
    id: 'get-missing-range',
    member: 'get',
    title: 'get of an empty range of a missing blob is NotFound too',
    sentence: sentences.missing,
    async check({ port, random }) {
      const key = anyKey(random)
      for (const range of [{ start: 0, length: 0 }, { start: 5 }]) {
        await expectRejection(() => port.get(key, { range }), 'NotFound', 'get of a range of a key nobody put', key)
      }
    },
  },
  {
    id: 'get-owned',
    member: 'get',
    title: 'changing the array that get gave changes nothing',
    sentence: sentences.owned,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(1_000)
      await put(port, key, bytes)
      const first = await port.get(key)
      const second = await port.get(key)
      first.fill(0)
      expectBytes(second, bytes, 'the array of another get', key)
      await expectBlob(port, key, bytes, 'get after the array of an earlier get was filled with zeros')
    },
  },
  {
    id: 'get-plain',
    member: 'get',
    title: 'get gives a plain Uint8Array, whose slice is a copy',
    sentence: sentences.owned,
    async check({ port, random }) {
      const key = anyKey(random)
      await put(port, key, random.bytes(10))
      for (const options of [{}, { range: { start: 2, length: 3 } }]) {
        const got = await port.get(key, options)
        expectThat(Object.getPrototypeOf(got) === Uint8Array.prototype, 'the class of what get gives', {
          key,
          expected: 'Uint8Array',
          actual: got.constructor.name,
        })
      }
    },
  },
  {
    id: 'get-at-once',
    member: 'get',
    title: 'twenty gets of one blob at the same time give the same bytes',
    sentence: sentences.anyTime,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(2_000)
      await put(port, key, bytes)
      const gets = Array.from({ length: 20 }, (_, start) => port.get(key, { range: { start, length: 1_000 } }))
      for (const [start, got] of (await Promise.all(gets)).entries()) {
        expectBytes(got, bytes.subarray(start, start + 1_000), `the get from ${start}, one of twenty at the same time`, key)
      }
    },
  },
]
