import type { StorageBackend } from 'nexusfs'
import { expectBytes, expectEqual, expectThat } from '../expect.ts'
import { allPages, contentOf, expectBlob, inPieces, putAll, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

const mebibyte = 1_048_576

/** What shows only in large blobs, in long pages, or once in some hundred calls. */
export const volumeLaws: readonly StorageLaw[] = [
  {
    id: 'list-large-pages',
    member: 'list',
    title: 'pages of hundreds of keys, up to a thousand, are in byte order and leave out nothing where they are cut',
    sentence: sentences.listPages,
    deadlineMs: 120_000,
    async check({ port, random }) {
      const keys = Array.from(
        { length: 1_500 },
        (_, at) => `page/${random.pick(['a', 'b-', 'b.', 'b_', '0'])}${padded(at)}`,
      ).sort()
      await putAll(port, random.shuffle(keys))
      for (const limit of [undefined, 1_000, 999, 256, 100, random.integer(101, 998), random.integer(101, 998)]) {
        const blobs = (await allPages(port, { limit, prefix: random.pick(['', 'page/']) })).flatMap((page) => page.blobs)
        const what = `all pages of at most ${limit ?? 'a thousand, by default'}`
        expectThat(blobs.length === keys.length, what, { expected: `${keys.length} keys`, actual: `${blobs.length} keys` })
        const wrong = blobs.findIndex(({ key }, at) => key !== keys[at])
        expectEqual(blobs[wrong]?.key, keys[wrong], `${what}: key ${wrong}`)
        expectEqual(
          blobs.find(({ key, size }) => size !== contentOf(key).length),
          undefined,
          `${what}: a size`,
        )
      }
    },
  },
  {
    id: 'read-volume',
    member: 'get',
    title: 'of three thousand reads of three hundred blobs, none gives a wrong byte',
    sentence: sentences.get,
    deadlineMs: 120_000,
    async check({ port, random }) {
      const blobs = Array.from({ length: 300 }, (_, at) => ({ key: `volume/${padded(at)}`, bytes: random.bytes(200 + at) }))
      await eachOf(blobs, ({ key, bytes }) => port.put(key, bytes, { size: bytes.length }))
      for (let round = 0; round < 10; round++) {
        await eachOf(random.shuffle(blobs), ({ key, bytes }) => expectBlob(port, key, bytes, `get ${round + 1} of ten`))
      }
    },
  },
  {
    id: 'get-large',
    member: 'get',
    title: 'a blob of 20 MiB comes back whole from get, and so does a part near its end',
    sentence: sentences.get,
    deadlineMs: 120_000,
    async check({ port, random }) {
      const bytes = random.bytes(largeBytes(port))
      await port.put('large/get', bytes, { size: bytes.length })
      await expectBlob(port, 'large/get', bytes, `get of ${bytes.length} bytes`)
      const start = bytes.length - 1_000
      expectBytes(await port.get('large/get', { range: { start } }), bytes.subarray(start), 'get of its last 1,000', 'large/get')
    },
  },
  {
    id: 'stream-large',
    member: 'stream',
    title: 'a blob of 20 MiB that was put in pieces comes back whole from stream',
    sentence: sentences.stream,
    deadlineMs: 120_000,
    async check({ port, random }) {
      const bytes = random.bytes(largeBytes(port))
      await port.put('large/stream', inPieces(bytes, mebibyte - 1), { size: bytes.length })
      let at = 0
      for await (const piece of port.stream('large/stream')) {
        expectBytes(piece, bytes.subarray(at, at + piece.length), `the piece of the stream from ${at}`, 'large/stream')
        at += piece.length
      }
      expectEqual(at, bytes.length, 'bytes in the stream', 'large/stream')
    },
  },
]

/** Above what fits into 16 MiB, if the backend takes that. */
function largeBytes(port: StorageBackend): number {
  return Math.min(20 * mebibyte + 11, port.info.limits.blobBytes)
}

function padded(at: number): string {
  return String(at).padStart(4, '0')
}

/** At most 16 at a time. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 16) await Promise.all(items.slice(at, at + 16).map(work))
}
