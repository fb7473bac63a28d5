import { isNexusError } from 'nexusfs/errors'
import { expectBytes, expectRejection, expectThat, settle } from '../expect.ts'
import { anyKey, put, readAll, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

const mebibyte = 1_048_576

/** Reading a blob in pieces. */
export const streamLaws: readonly StorageLaw[] = [
  {
    id: 'stream-whole',
    member: 'stream',
    title: 'the pieces of a stream are the whole blob, in order',
    sentence: sentences.stream,
    async check({ port, random }) {
      for (const size of [0, 1, 200_000, mebibyte + 1]) {
        const key = `${anyKey(random)}-${size}`
        const bytes = random.bytes(size)
        await put(port, key, bytes)
        expectBytes(await readAll(port.stream(key)), bytes, `stream of ${size} bytes`, key)
      }
    },
  },
  {
    id: 'stream-pieces',
    member: 'stream',
    title: 'no piece of a stream is above 1 MiB, and none is empty',
    sentence: sentences.stream,
    async check({ port, random }) {
      const key = anyKey(random)
      await put(port, key, random.bytes(2 * mebibyte + 5))
      for await (const piece of port.stream(key)) {
        const isInBounds = piece.length >= 1 && piece.length <= mebibyte
        expectThat(isInBounds, 'the size of a piece', { key, expected: '1 to 1,048,576 bytes', actual: piece.length })
      }
    },
  },
  {
    id: 'stream-missing',
    member: 'stream',
    title: 'a stream of a key without a blob is NotFound when its first piece is asked for',
    sentence: sentences.streamFails,
    async check({ port, random }) {
      const key = anyKey(random)
      await expectRejection(() => readAll(port.stream(key)), 'NotFound', 'the first piece of a stream of a key nobody put', key)
    },
  },
  {
    id: 'stream-lazy',
    member: 'stream',
    title: 'calling stream throws nothing: errors come with the first piece',
    sentence: sentences.streamFails,
    async check({ port }) {
      for (const [key, range] of [
        ['no/such', undefined],
        ['NOT A KEY', undefined],
        ['ab/cd', { start: -1 }],
      ] as const) {
        const outcome = await settle(() => {
          port.stream(key, { range })
        })
        expectThat(outcome.status === 'fulfilled', 'calling stream without asking for a piece', { key, actual: outcome })
      }
    },
  },
  {
    id: 'stream-owned',
    member: 'stream',
    title: 'changing a piece changes nothing',
    sentence: sentences.stream,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(100_000)
      await put(port, key, bytes)
      for await (const piece of port.stream(key)) piece.fill(0)
      expectBytes(await readAll(port.stream(key)), bytes, 'stream after the pieces of an earlier one were filled with zeros', key)
    },
  },
  {
    id: 'stream-kept',
    member: 'stream',
    title: 'a piece stays as it is while the next ones come',
    sentence: sentences.stream,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(2 * mebibyte + 100)
      await put(port, key, bytes)
      let at = 0
      const seen: { piece: Uint8Array; at: number }[] = []
      for await (const piece of port.stream(key)) {
        seen.push({ piece, at })
        at += piece.length
      }
      for (const { piece, at } of seen) {
        expectBytes(piece, bytes.subarray(at, at + piece.length), `the piece from ${at}, once the stream had ended`, key)
      }
    },
  },
  {
    id: 'stream-plain',
    member: 'stream',
    title: 'the pieces of a stream are plain Uint8Arrays',
    sentence: sentences.stream,
    async check({ port, random }) {
      const key = anyKey(random)
      await put(port, key, random.bytes(10))
      for await (const piece of port.stream(key)) {
        expectThat(Object.getPrototypeOf(piece) === Uint8Array.prototype, 'the class of a piece', {
          key,
          expected: 'Uint8Array',
          actual: piece.constructor.name,
        })
      }
    },
  },
  {
    id: 'stream-side-by-side',
    member: 'stream',
    title: 'two streams of one blob, read in turn, both give all of it',
    sentence: sentences.anyTime,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(2 * mebibyte + 5)
      await put(port, key, bytes)
      const [left, right] = await Promise.all([readAll(port.stream(key)), readAll(port.stream(key))])
      expectBytes(left, bytes, 'the first of two streams', key)
      expectBytes(right, bytes, 'the second of two streams', key)
    },
  },
  {
    id: 'stream-left-early',
    member: 'stream',
    title: 'a hundred streams left after their first piece keep nothing from the next',
    sentence: sentences.leftEarly,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(100_000)
      await put(port, key, bytes)
      for (let round = 0; round < 100; round++) {
        for await (const piece of port.stream(key)) {
          expectThat(piece.length > 0, 'the first piece of a stream is not empty', { key })
          break
        }
      }
      expectBytes(await readAll(port.stream(key)), bytes, 'stream after a hundred were left early', key)
    },
  },
  {
    id: 'stream-while-deleted',
    member: 'stream',
    title: 'a stream whose blob is deleted gives all of it, or says that it cannot',
    sentence: sentences.whole,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(2 * mebibyte + 5)
      await put(port, key, bytes)
      const outcome = await settle(() => readAll(port.stream(key), () => port.delete([key])))
      if (outcome.status === 'fulfilled') expectBytes(outcome.value, bytes, 'a stream that ended well after the delete', key)
      else expectThat(isNexusError(outcome.reason), 'a stream that fails after the delete', { key, cause: outcome.reason })
    },
  },
]
