import type { StorageBackend } from 'nexusfs'
import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { hasBlob, mutant, type StorageMutant } from './mutant.ts'

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>

export const streamMutants: readonly StorageMutant[] = [
  mutant('streams-no-single-bytes', 'stream-whole', 'a piece of one byte is left out', (port) => ({
    async *stream(key, options): Pieces {
      for await (const piece of port.stream(key, options)) if (piece.length !== 1) yield piece
    },
  })),
  mutant('streams-at-once', 'stream-pieces', 'a stream is one piece, however large', (port) => ({
    async *stream(key, options): Pieces {
      const blob = await port.get(key, options)
      if (blob.length > 0) yield blob
    },
  })),
  mutant('streams-nothing-of-the-missing', 'stream-missing', 'a stream of a missing blob ends at once', (port) => ({
    stream: (key, options) => endingOn('NotFound', 0, port.stream(key, options)),
  })),
  mutant('stream-throws-at-once', 'stream-lazy', 'calling stream with what is no key throws', (port) => ({
    stream(key, options) {
      if (!blobKeyPattern.test(key)) throw new NexusError('InvalidArgument', `${key} is no key`)
      return port.stream(key, options)
    },
  })),
  mutant('streams-its-cache', 'stream-owned', 'a second stream gives the arrays of the first', (port) => {
    const cache = new Map<string, Uint8Array<ArrayBuffer>[]>()
    return {
      async *stream(key, options): Pieces {
        const cached = options?.range === undefined ? cache.get(key) : undefined
        const pieces: Uint8Array<ArrayBuffer>[] = []
        let at = 0
        for await (const piece of port.stream(key, options)) {
          pieces.push(cached?.[at++] ?? piece)
          yield pieces.at(-1) ?? piece
        }
        if (options?.range === undefined) cache.set(key, pieces)
      },
    }
  }),
  mutant('streams-through-one-buffer', 'stream-kept', 'all pieces of a stream are views of one buffer', (port) => ({
    async *stream(key, options): Pieces {
      const buffer = new Uint8Array(1_048_576)
      for await (const piece of port.stream(key, options)) {
        buffer.set(piece)
        yield buffer.subarray(0, piece.length)
      }
    },
  })),
  mutant('streams-buffers', 'stream-plain', 'the pieces of a stream are Buffers', (port) => ({
    async *stream(key, options): Pieces {
      for await (const piece of port.stream(key, options)) yield Buffer.from(piece)
    },
  })),
  mutant('has-one-cursor', 'stream-side-by-side', 'a stream goes on where another of the same blob is', (port) =>
    sharedCursor(port),
  ),
  mutant('leaks-streams', 'stream-left-early', 'a stream that is left early is never freed, and 50 are too many', (port) => {
    let open = 0
    return {
      async *stream(key, options): Pieces {
        if (open >= 50) throw new NexusError('Unavailable', 'too many streams')
        open++
        for await (const piece of port.stream(key, options)) yield piece
        open--
      },
    }
  }),
  mutant('streams-what-is-left', 'stream-while-deleted', 'a stream ends when its blob is deleted', (port) => ({
    async *stream(key, options): Pieces {
      for await (const piece of port.stream(key, options)) {
        yield piece
        if (!(await hasBlob(port, key))) return
      }
    },
  })),
]

/** The stream, which ends instead of failing with this code once `pieceCount` pieces have come. */
export async function* endingOn(
  code: 'NotFound' | 'Closed',
  pieceCount: number,
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Pieces {
  let seen = 0
  try {
    for await (const piece of pieces) {
      seen++
      yield piece
    }
  } catch (error) {
    if (!isNexusError(error, code) || seen < pieceCount) throw error
  }
}

function sharedCursor(port: StorageBackend): Partial<StorageBackend> {
  const cursors = new Map<string, AsyncIterator<Uint8Array<ArrayBuffer>>>()
  return {
    async *stream(key, options): Pieces {
      const cursor = cursors.get(key) ?? port.stream(key, options)[Symbol.asyncIterator]()
      cursors.set(key, cursor)
      try {
        for (let next = await cursor.next(); next.done !== true; next = await cursor.next()) yield next.value
      } finally {
        cursors.delete(key)
      }
    },
  }
}
