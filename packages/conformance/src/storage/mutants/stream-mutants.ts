import type { StorageBackend } from 'nexusfs'
import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { clients, hasBlob, type StorageMutant } from './wrong-backend.ts'

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>

export const streamMutants: readonly StorageMutant[] = [
  {
    id: 'streams-no-single-bytes',
    breaks: 'stream-whole',
    description: 'a piece of one byte is left out',
    mutate: clients((port) => ({
      async *stream(key, options): Pieces {
        for await (const piece of port.stream(key, options)) if (piece.length !== 1) yield piece
      },
    })),
  },
  {
    id: 'streams-at-once',
    breaks: 'stream-pieces',
    description: 'a stream is one piece, however large',
    mutate: clients((port) => ({
      async *stream(key, options): Pieces {
        const blob = await port.get(key, options)
        if (blob.length > 0) yield blob
      },
    })),
  },
  {
    id: 'streams-nothing-of-the-missing',
    breaks: 'stream-missing',
    description: 'a stream of a missing blob ends at once',
    mutate: clients((port) => ({
      stream: (key, options) => endingOn('NotFound', 0, port.stream(key, options)),
    })),
  },
  {
    id: 'stream-throws-at-once',
    breaks: 'stream-lazy',
    description: 'calling stream with what is not a key throws',
    mutate: clients((port) => ({
      stream(key, options) {
        if (!blobKeyPattern.test(key)) throw new NexusError('InvalidArgument', `${key} is not a key`)
        return port.stream(key, options)
      },
    })),
  },
  {
    id: 'streams-its-cache',
    breaks: 'stream-owned',
    description: 'a second stream gives the arrays of the first',
    mutate: clients((port) => {
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
  },
  {
    id: 'streams-through-one-buffer',
    breaks: 'stream-kept',
    description: 'all pieces of a stream are views of one buffer',
    mutate: clients((port) => ({
      async *stream(key, options): Pieces {
        const buffer = new Uint8Array(1_048_576)
        for await (const piece of port.stream(key, options)) {
          buffer.set(piece)
          yield buffer.subarray(0, piece.length)
        }
      },
    })),
  },
  {
    id: 'streams-buffers',
    breaks: 'stream-plain',
    description: 'the pieces of a stream are Buffers',
    mutate: clients((port) => ({
      async *stream(key, options): Pieces {
        for await (const piece of port.stream(key, options)) yield Buffer.from(piece)
      },
    })),
  },
  {
    id: 'has-one-cursor',
    breaks: 'stream-side-by-side',
    description: 'a stream goes on where another of the same blob is',
    mutate: clients((port) => sharedCursor(port)),
  },
  {
    id: 'leaks-streams',
    breaks: 'stream-left-early',
    description: 'a stream that is left early is never freed, and 50 are too many',
    mutate: clients((port) => {
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
  },
  {
    id: 'streams-what-is-left',
    breaks: 'stream-while-deleted',
    description: 'a stream ends when its blob is deleted',
    mutate: clients((port) => ({
      async *stream(key, options): Pieces {
        for await (const piece of port.stream(key, options)) {
          yield piece
          if (!(await hasBlob(port, key))) return
        }
      },
    })),
  },
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
