import { expectBytes, expectEqual } from '../expect.ts'
import { opensAgain } from '../law.ts'
import { anyKey, expectBlob, expectOneOf, inPieces, listedKeys, put, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

/** A put that returned, and what readers see until then. */
export const putLaws: readonly StorageLaw[] = [
  {
    id: 'put-durable',
    member: 'put',
    title: 'a blob is whole after the namespace was closed and opened again',
    sentence: sentences.durable,
    requires: opensAgain(),
    async check({ port, openAnother, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(5_000)
      await put(port, key, bytes)
      await port.close()
      await expectBlob(await openAnother(), key, bytes, 'get after closing and opening again')
    },
  },
  {
    id: 'put-atomic',
    member: 'put',
    title: 'a reader sees nothing of a blob before the last piece has come',
    sentence: sentences.whole,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(30_000)
      // Compared afterwards: what a body throws is the backend's to report.
      const looks: { readonly stat: unknown; readonly list: unknown }[] = []
      async function* watched(): AsyncGenerator<Uint8Array> {
        for await (const piece of inPieces(bytes, 10_000)) {
          looks.push({ stat: await port.stat([key]), list: await listedKeys(port) })
          yield piece
        }
      }
      await port.put(key, watched(), { size: bytes.length })
      for (const { stat, list } of looks) {
        expectEqual(stat, [undefined], 'stat while the body comes', key)
        expectEqual(list, [], 'list while the body comes', key)
      }
      await expectBlob(port, key, bytes, 'get after the put')
    },
  },
  {
    id: 'put-idempotent',
    member: 'put',
    title: 'putting the same blob again succeeds and changes nothing',
    sentence: sentences.again,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(300)
      await put(port, key, bytes)
      await put(port, key, bytes)
      await expectBlob(port, key, bytes, 'get after two puts')
      expectEqual(await listedKeys(port), [key], 'list after two puts', key)
    },
  },
  {
    id: 'put-over-another',
    member: 'put',
    title: 'two different bodies put at one key leave one of them, whole',
    sentence: sentences.otherBody,
    async check({ port, random }) {
      const key = anyKey(random)
      const bodies = [random.bytes(700), random.bytes(200), random.bytes(900)]
      for (const body of bodies) {
        await put(port, key, body)
        expectOneOf(await port.get(key), bodies, key)
      }
    },
  },
  {
    id: 'put-empty',
    member: 'put',
    title: 'a blob of no bytes is a blob',
    sentence: sentences.put,
    async check({ port, random }) {
      for (const body of [new Uint8Array(), inPieces(new Uint8Array(), 1)]) {
        const key = anyKey(random)
        await port.put(key, body, { size: 0 })
        expectEqual(await port.get(key), new Uint8Array(), 'get of an empty blob', key)
        expectEqual(await port.stat([key]), [{ size: 0 }], 'stat of an empty blob', key)
      }
    },
  },
  {
    id: 'put-empty-pieces',
    member: 'put',
    title: 'empty pieces in a body change nothing',
    sentence: sentences.body,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(20)
      async function* withGaps(): AsyncGenerator<Uint8Array> {
        yield new Uint8Array()
        yield bytes.slice(0, 5)
        yield new Uint8Array()
        yield bytes.slice(5)
        yield new Uint8Array()
      }
      await port.put(key, withGaps(), { size: bytes.length })
      await expectBlob(port, key, bytes, 'get of a blob whose pieces were partly empty')
    },
  },
  {
    id: 'put-sizes',
    member: 'put',
    title: 'blobs round the sizes of blocks and pieces come back whole',
    sentence: sentences.put,
    async check({ port, random }) {
      for (const size of [1, 127, 128, 4_095, 4_096, 4_097, 65_535, 65_536, 65_537, 131_072]) {
        const bytes = random.bytes(size)
        const keys = [`${anyKey(random)}-once`, `${anyKey(random)}-pieces`] as const
        await put(port, keys[0], bytes)
        await port.put(keys[1], inPieces(bytes, 16_384), { size })
        for (const key of keys) await expectBlob(port, key, bytes, `get of ${size} bytes`)
      }
    },
  },
  {
    id: 'put-large',
    member: 'put',
    title: 'a blob of some MiB comes back whole, put at once or in pieces above 1 MiB',
    sentence: sentences.put,
    async check({ port, random }) {
      const bytes = random.bytes(3 * 1_048_576 + 7)
      await put(port, 'large/at-once', bytes)
      await port.put('large/in-pieces', inPieces(bytes, 1_500_000), { size: bytes.length })
      await expectBlob(port, 'large/at-once', bytes, 'get of a blob of 3 MiB')
      await expectBlob(port, 'large/in-pieces', bytes, 'get of a blob of 3 MiB')
    },
  },
  {
    id: 'put-binary',
    member: 'put',
    title: 'bytes that text would lose come back as they were',
    sentence: sentences.put,
    async check({ port }) {
      const all = Uint8Array.from({ length: 256 }, (_, at) => at)
      const mark = [0xef, 0xbb, 0xbf, 0x61]
      const bodies = [
        all,
        all.toReversed(),
        mark,
        [0xff, 0xfe, 0],
        [0x0d, 0x0a, 0x0a, 0x0d],
        [0x1a, 0],
        [0xc3],
        [0xed, 0xa0, 0x80],
      ]
      for (const [at, body] of bodies.entries()) {
        await put(port, `binary/of-${at}`, Uint8Array.from(body))
        await expectBlob(port, `binary/of-${at}`, Uint8Array.from(body), 'get of bytes that are not text')
      }
    },
  },
  {
    id: 'put-view',
    member: 'put',
    title: 'of a view into a larger buffer only the view is stored',
    sentence: sentences.body,
    async check({ port, random }) {
      const whole = Buffer.from(random.bytes(100))
      const view = whole.subarray(10, 30)
      await put(port, 'view/at-once', view)
      await expectBlob(port, 'view/at-once', new Uint8Array(view), 'get of what was put as a view')
    },
  },
  {
    id: 'put-leaves-the-body',
    member: 'put',
    title: 'a put does not change the body',
    sentence: sentences.bodyUnchanged,
    async check({ port, random }) {
      const bytes = random.bytes(1_000)
      const body = bytes.slice()
      await put(port, 'body/array', body)
      expectBytes(body, bytes, 'the body after the put', 'body/array')
      const piece = bytes.slice()
      const once = async function* (): AsyncGenerator<Uint8Array> {
        yield piece
      }
      await port.put('body/pieces', once(), { size: piece.length })
      expectBytes(piece, bytes, 'the piece after the put', 'body/pieces')
    },
  },
  {
    id: 'put-owns-nothing',
    member: 'put',
    title: 'changing a body after the put settled changes nothing stored',
    sentence: sentences.bodyUnchanged,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(1_000)
      const body = bytes.slice()
      await put(port, key, body)
      body.fill(0)
      await expectBlob(port, key, bytes, 'get after the body was filled with zeros')
    },
  },
  {
    id: 'put-neighbours',
    member: 'put',
    title: 'a put changes no other blob',
    sentence: sentences.byKey,
    async check({ port, random }) {
      const blobs = ['ab/cd', 'ab/ce', 'ab/cd0', 'ab-cd', 'ab.cd', 'ab_cd', 'abcd'].map((key) => ({
        key,
        bytes: random.bytes(40),
      }))
      for (const { key, bytes } of random.shuffle(blobs)) await put(port, key, bytes)
      for (const { key, bytes } of blobs) await expectBlob(port, key, bytes, 'get after puts at similar keys')
    },
  },
]
