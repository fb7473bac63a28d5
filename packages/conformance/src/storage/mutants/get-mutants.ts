import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { clients, except, type StorageMutant } from './wrong-backend.ts'

export const getMutants: readonly StorageMutant[] = [
  {
    id: 'missing-is-empty',
    breaks: 'get-missing',
    description: 'get of a missing blob gives no bytes',
    mutate: clients((port) => ({
      get: (key, options) =>
        options?.range === undefined ? except('NotFound', port.get(key, options), noBytes) : port.get(key, options),
    })),
  },
  {
    id: 'missing-range-is-empty',
    breaks: 'get-missing-range',
    description: 'get of a range of a missing blob gives no bytes',
    mutate: clients((port) => ({
      get: (key, options) =>
        options?.range === undefined ? port.get(key, options) : except('NotFound', port.get(key, options), noBytes),
    })),
  },
  {
    id: 'hands-out-its-cache',
    breaks: 'get-owned',
    description: 'get gives the same array each time',
    mutate: clients((port) => {
      const cache = new Map<string, Uint8Array<ArrayBuffer>>()
      return {
        async put(key, body, options) {
          await port.put(key, body, options)
          cache.delete(key)
        },
        async get(key, options) {
          const blob = await port.get(key, options)
          if (options?.range !== undefined) return blob
          const cached = cache.get(key) ?? blob
          cache.set(key, cached)
          return cached
        },
      }
    }),
  },
  {
    id: 'gives-buffers',
    breaks: 'get-plain',
    description: 'get gives a Buffer',
    mutate: clients((port) => ({
      get: async (key, options) => Buffer.from(await port.get(key, options)),
    })),
  },
  {
    id: 'gives-buffers-of-ranges',
    breaks: 'get-plain',
    description: 'get of a range gives a Buffer',
    mutate: clients((port) => ({
      async get(key, options) {
        const blob = await port.get(key, options)
        return options?.range === undefined ? blob : Buffer.from(blob)
      },
    })),
  },
  {
    id: 'joins-gets',
    breaks: 'get-at-once',
    description: 'a get joins one under way for the key, whatever its range',
    mutate: clients((port) => {
      const running = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()
      return {
        async get(key, options) {
          const call = running.get(key) ?? port.get(key, options).finally(() => running.delete(key))
          running.set(key, call)
          return (await call).slice()
        },
      }
    }),
  },
  {
    id: 'invents-deleted-bytes',
    breaks: 'get-while-deleted',
    description: 'a blob deleted while it is read comes as zeros',
    mutate: clients((port) => ({
      async get(key, options) {
        const [stat] = blobKeyPattern.test(key) && options?.signal?.aborted !== true ? await port.stat([key]) : []
        return stat === undefined
          ? port.get(key, options)
          : except('NotFound', port.get(key, options), () => new Uint8Array(stat.size))
      },
    })),
  },
]

async function noBytes(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array()
}
