import { clients, pages, type StorageMutant } from './wrong-backend.ts'

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>

const eightMebibytes = 8 * 1_048_576

export const volumeMutants: readonly StorageMutant[] = [
  {
    id: 'swaps-keys-of-long-pages',
    breaks: 'list-large-pages',
    description: 'two keys are swapped in a page of more than 200',
    mutate: pages((page) => (page.blobs.length > 200 ? { ...page, blobs: swapped(page.blobs) } : page)),
  },
  {
    id: 'skips-where-a-long-page-is-cut',
    breaks: 'list-large-pages',
    description: 'a page of at least 256 that is cut leaves out its last but one key',
    mutate: pages((page) =>
      page.blobs.length >= 256 && page.next !== undefined ? { ...page, blobs: page.blobs.toSpliced(-2, 1) } : page,
    ),
  },
  {
    id: 'repeats-where-a-long-page-is-cut',
    breaks: 'list-large-pages',
    description: 'a full page of a thousand that is cut is followed by its last key again',
    mutate: pages((page) =>
      page.blobs.length === 1_000 && page.next !== undefined ? { ...page, next: page.blobs.at(-2)?.key } : page,
    ),
  },
  {
    id: 'drops-one-put-of-200',
    breaks: 'list-large-pages',
    description: 'each 200th put is acknowledged and lost',
    mutate: clients((port) => {
      let puts = 0
      return {
        async put(key, body, options) {
          puts += 1
          if (puts % 200 !== 0) await port.put(key, body, options)
        },
      }
    }),
  },
  {
    id: 'flips-a-bit-of-500-reads',
    breaks: 'read-volume',
    description: 'each 500th get has a wrong bit',
    mutate: clients((port) => {
      let gets = 0
      return {
        async get(key, options) {
          const blob = await port.get(key, options)
          gets += 1
          if (gets % 500 === 0 && blob.length > 0) blob[0] = (blob[0] ?? 0) ^ 1
          return blob
        },
      }
    }),
  },
  {
    id: 'gets-eight-mebibytes',
    breaks: 'get-large',
    description: 'a get ends after 8 MiB',
    mutate: clients((port) => ({
      get: async (key, options) => (await port.get(key, options)).slice(0, eightMebibytes),
    })),
  },
  {
    id: 'streams-eight-mebibytes',
    breaks: 'stream-large',
    description: 'a stream ends after 8 MiB',
    mutate: clients((port) => ({
      async *stream(key, options): Pieces {
        let left = eightMebibytes
        for await (const piece of port.stream(key, options)) {
          if (left > 0) yield piece.slice(0, left)
          left -= piece.length
        }
      },
    })),
  },
]

function swapped<Item>(items: readonly Item[]): Item[] {
  const [first, second, ...others] = items.slice(100)
  return [...items.slice(0, 100), ...(second === undefined ? [] : [second]), ...(first === undefined ? [] : [first]), ...others]
}
