import type { BlobPage, StorageBackend } from 'nexusfs'
import { mutant, type StorageMutant } from './mutant.ts'

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>

const eightMebibytes = 8 * 1_048_576

export const volumeMutants: readonly StorageMutant[] = [
  listing('swaps-keys-of-long-pages', 'two keys are swapped in a page of more than 200', (page) =>
    page.blobs.length > 200 ? { ...page, blobs: swapped(page.blobs) } : page,
  ),
  listing('skips-where-a-long-page-is-cut', 'a page of at least 256 that is cut leaves out its last but one key', (page) =>
    page.blobs.length >= 256 && page.next !== undefined ? { ...page, blobs: page.blobs.toSpliced(-2, 1) } : page,
  ),
  listing(
    'repeats-where-a-long-page-is-cut',
    'a full page of a thousand that is cut is followed by its last key again',
    (page) => (page.blobs.length === 1_000 && page.next !== undefined ? { ...page, next: page.blobs.at(-2)?.key } : page),
  ),
  mutant('drops-one-put-of-200', 'list-large-pages', 'each 200th put is acknowledged and lost', (port) => {
    let puts = 0
    return {
      async put(key, body, options) {
        puts += 1
        if (puts % 200 !== 0) await port.put(key, body, options)
      },
    }
  }),
  mutant('flips-a-bit-of-500-reads', 'read-volume', 'each 500th get has a wrong bit', (port) => {
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
  mutant('gets-eight-mebibytes', 'get-large', 'a get ends after 8 MiB', (port) => ({
    get: async (key, options) => (await port.get(key, options)).slice(0, eightMebibytes),
  })),
  mutant('streams-eight-mebibytes', 'stream-large', 'a stream ends after 8 MiB', (port) => ({
    async *stream(key, options): Pieces {
      let left = eightMebibytes
      for await (const piece of port.stream(key, options)) {
        if (left > 0) yield piece.slice(0, left)
        left -= piece.length
      }
    },
  })),
]

function listing(id: string, description: string, change: (page: BlobPage) => BlobPage): StorageMutant {
  return mutant(
    id,
    'list-large-pages',
    description,
    (port): Partial<StorageBackend> => ({
      list: async (options) => change(await port.list(options)),
    }),
  )
}

function swapped<Item>(items: readonly Item[]): Item[] {
  const [first, second, ...others] = items.slice(100)
  return [...items.slice(0, 100), ...(second === undefined ? [] : [second]), ...(first === undefined ? [] : [first]), ...others]
}
