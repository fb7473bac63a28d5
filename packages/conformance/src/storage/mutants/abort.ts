import type { CallOptions } from 'nexusfs'
import { concatBytes } from 'nexusfs/adapter-kit'
import { isNexusError, throwIfAborted } from 'nexusfs/errors'
import { stageOf } from './keys.ts'
import { changePieces, mutant, onError, type StorageMutant } from './mutant.ts'

export const abortMutants: readonly StorageMutant[] = [
  mutant('put-ignores-its-signal', 'aborted-put', 'put ignores its signal', (port) => ({
    put: (key, body, options) => port.put(key, body, { size: options.size }),
  })),
  mutant('puts-before-it-looks', 'aborted-put', 'put stores the blob, then looks at its signal', (port) => ({
    async put(key, body, options) {
      if (options.signal?.aborted) await port.put(key, body, { size: options.size })
      await port.put(key, body, options)
    },
  })),
  mutant('get-ignores-its-signal', 'aborted-get', 'get ignores its signal', (port) => ({
    get: (key, options) => port.get(key, deaf(options)),
  })),
  mutant('stream-ignores-its-signal', 'aborted-stream', 'stream ignores its signal', (port) => ({
    stream: (key, options) => port.stream(key, deaf(options)),
  })),
  mutant('stat-ignores-its-signal', 'aborted-stat', 'stat ignores its signal', (port) => ({ stat: (keys) => port.stat(keys) })),
  mutant('delete-ignores-its-signal', 'aborted-delete', 'delete ignores its signal', (port) => ({
    delete: (keys) => port.delete(keys),
  })),
  mutant('deletes-before-it-looks', 'aborted-delete', 'delete deletes, then looks at its signal', (port) => ({
    async delete(keys, options) {
      await port.delete(keys)
      await port.delete(keys, options)
    },
  })),
  mutant('list-ignores-its-signal', 'aborted-list', 'list ignores its signal', (port) => ({
    list: (options) => port.list(deaf(options)),
  })),
  mutant('stage-ignores-its-signal', 'aborted-stage', 'stage ignores its signal', (port) => ({
    stage: (body, options) => stageOf(port)(body, { size: options.size }),
  })),
  mutant('put-cannot-be-stopped', 'abort-put', 'a put that has begun ignores its signal', (port) => ({
    put: (key, body, options) => port.put(key, body, options.signal?.aborted ? options : { size: options.size }),
  })),
  mutant(
    'keeps-what-came-before-the-signal',
    'abort-put',
    'a put that is cancelled half-way leaves the pieces that came',
    (port) => ({
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
    }),
  ),
  mutant('stops-between-pieces', 'abort-stalled-put', 'the signal is looked at only when a piece comes', (port) => ({
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
  mutant('stream-cannot-be-stopped', 'abort-stream', 'a stream that has begun ignores its signal', (port) => ({
    stream: (key, options) => port.stream(key, options?.signal?.aborted ? options : deaf(options)),
  })),
  mutant('listens-for-ever', 'abort-late', 'a signal that fires after a put undoes it', (port) => ({
    async put(key, body, options) {
      await port.put(key, body, options)
      options.signal?.addEventListener('abort', () => void port.delete([key]))
    },
  })),
]

function deaf<Options extends CallOptions>(options: Options | undefined): Options | undefined {
  return options === undefined ? undefined : { ...options, signal: undefined }
}
