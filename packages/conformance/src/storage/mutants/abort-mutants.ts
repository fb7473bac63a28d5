import type { CallOptions } from 'nexusfs'
import { concatBytes } from 'nexusfs/adapter-kit'
import { isNexusError, throwIfAborted } from 'nexusfs/errors'
import { changePieces, clients, onError, type StorageMutant, stageOf } from './wrong-backend.ts'

export const abortMutants: readonly StorageMutant[] = [
  {
    id: 'put-ignores-its-signal',
    breaks: 'aborted-put',
    description: 'put ignores its signal',
    mutate: clients((port) => ({
      put: (key, body, options) => port.put(key, body, { size: options.size }),
    })),
  },
  {
    id: 'puts-before-it-looks',
    breaks: 'aborted-put',
    description: 'put stores the blob, then looks at its signal',
    mutate: clients((port) => ({
      async put(key, body, options) {
        if (options.signal?.aborted) await port.put(key, body, { size: options.size })
        await port.put(key, body, options)
      },
    })),
  },
  {
    id: 'get-ignores-its-signal',
    breaks: 'aborted-get',
    description: 'get ignores its signal',
    mutate: clients((port) => ({
      get: (key, options) => port.get(key, deaf(options)),
    })),
  },
  {
    id: 'stream-ignores-its-signal',
    breaks: 'aborted-stream',
    description: 'stream ignores its signal',
    mutate: clients((port) => ({
      stream: (key, options) => port.stream(key, deaf(options)),
    })),
  },
  {
    id: 'stat-ignores-its-signal',
    breaks: 'aborted-stat',
    description: 'stat ignores its signal',
    mutate: clients((port) => ({ stat: (keys) => port.stat(keys) })),
  },
  {
    id: 'delete-ignores-its-signal',
    breaks: 'aborted-delete',
    description: 'delete ignores its signal',
    mutate: clients((port) => ({
      delete: (keys) => port.delete(keys),
    })),
  },
  {
    id: 'deletes-before-it-looks',
    breaks: 'aborted-delete',
    description: 'delete deletes, then looks at its signal',
    mutate: clients((port) => ({
      async delete(keys, options) {
        await port.delete(keys)
        await port.delete(keys, options)
      },
    })),
  },
  {
    id: 'list-ignores-its-signal',
    breaks: 'aborted-list',
    description: 'list ignores its signal',
    mutate: clients((port) => ({
      list: (options) => port.list(deaf(options)),
    })),
  },
  {
    id: 'stage-ignores-its-signal',
    breaks: 'aborted-stage',
    description: 'stage ignores its signal',
    mutate: clients((port) => ({
      stage: (body, options) => stageOf(port)(body, { size: options.size }),
    })),
  },
  {
    id: 'put-cannot-be-stopped',
    breaks: 'abort-put',
    description: 'a put that has begun ignores its signal',
    mutate: clients((port) => ({
      put: (key, body, options) => port.put(key, body, options.signal?.aborted ? options : { size: options.size }),
    })),
  },
  {
    id: 'keeps-what-came-before-the-signal',
    breaks: 'abort-put',
    description: 'a put that is cancelled half-way leaves the pieces that came',
    mutate: clients((port) => ({
      async put(key, body, options) {
        let came = new Uint8Array()
        const noting = changePieces(body, async function* (pieces) {
          for await (const piece of pieces) {
            came = concatBytes(came, piece)
            yield piece
          }
        })
        await onError(port.put(key, noting, options), async (error) => {
          if (isNexusError(error, 'Aborted') && came.length > 0) await port.put(key, came, { size: came.length })
        })
      },
    })),
  },
  {
    id: 'stops-between-pieces',
    breaks: 'abort-stalled-put',
    description: 'the signal is looked at only when a piece comes',
    mutate: clients((port) => ({
      put(key, body, options) {
        if (options.signal?.aborted) return port.put(key, body, options)
        const looking = changePieces(body, async function* (pieces) {
          for await (const piece of pieces) {
            throwIfAborted(options.signal, 'put')
            yield piece
          }
        })
        return port.put(key, looking, { size: options.size })
      },
    })),
  },
  {
    id: 'stream-cannot-be-stopped',
    breaks: 'abort-stream',
    description: 'a stream that has begun ignores its signal',
    mutate: clients((port) => ({
      stream: (key, options) => port.stream(key, options?.signal?.aborted ? options : deaf(options)),
    })),
  },
  {
    id: 'listens-for-ever',
    breaks: 'abort-late',
    description: 'a signal that fires after a put undoes it',
    mutate: clients((port) => ({
      async put(key, body, options) {
        await port.put(key, body, options)
        options.signal?.addEventListener('abort', () => void port.delete([key]))
      },
    })),
  },
]

function deaf<Options extends CallOptions>(options: Options | undefined): Options | undefined {
  return options === undefined ? undefined : { ...options, signal: undefined }
}
