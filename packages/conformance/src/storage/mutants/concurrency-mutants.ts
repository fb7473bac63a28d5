import type { BlobStat } from 'nexusfs'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { clients, type StorageMutant, sharedState } from './wrong-backend.ts'

export const concurrencyMutants: readonly StorageMutant[] = [
  {
    id: 'locks-the-key',
    breaks: 'put-concurrent',
    description: 'a put is refused while another of its key is under way',
    mutate: clients((port) => {
      const locked = new Set<string>()
      return {
        async put(key, body, options) {
          if (locked.has(key)) throw new NexusError('Conflict', `${key} is being put`)
          locked.add(key)
          await port.put(key, body, options).finally(() => locked.delete(key))
        },
      }
    }),
  },
  {
    id: 'shares-the-temporary-file',
    breaks: 'put-concurrent-bodies',
    description: 'puts of one key at the same time write into one buffer',
    mutate: clients((port) => {
      const buffers = new Map<string, number[]>()
      return {
        async put(key, body, options) {
          if (body instanceof Uint8Array || options.size > 100_000) return port.put(key, body, options)
          const buffer = buffers.get(key) ?? []
          buffers.set(key, buffer)
          await port.put(key, through(buffer, body), options).finally(() => buffers.delete(key))
        },
      }
    }),
  },
  {
    id: 'takes-forty-puts',
    breaks: 'put-many-at-once',
    description: 'more than forty puts at the same time are too many',
    mutate: clients((port) => {
      let running = 0
      return {
        async put(key, body, options) {
          if (running >= 40) throw new NexusError('RateLimited', 'too many puts')
          running++
          await port.put(key, body, options).finally(() => running--)
        },
      }
    }),
  },
  {
    id: 'remembers-absence',
    breaks: 'clients-see-puts',
    description: 'a client that found no blob never finds it, unless it puts it itself',
    mutate: clients((port) => {
      const absent = new Set<string>()
      return {
        async put(key, body, options) {
          await port.put(key, body, options)
          absent.delete(key)
        },
        async get(key, options) {
          if (absent.has(key)) throw new NexusError('NotFound', `there is no blob ${key}`)
          try {
            return await port.get(key, options)
          } catch (error) {
            if (isNexusError(error, 'NotFound')) absent.add(key)
            throw error
          }
        },
      }
    }),
  },
  {
    id: 'remembers-sizes',
    breaks: 'clients-see-deletes',
    description: 'a client that read a blob goes on giving its size',
    mutate: clients((port) => {
      const known = new Map<string, BlobStat>()
      return {
        async put(key, body, options) {
          await port.put(key, body, options)
          known.delete(key)
        },
        async get(key, options) {
          const blob = await port.get(key, options)
          if (options === undefined) known.set(key, { size: blob.length })
          return blob
        },
        async delete(keys, options) {
          await port.delete(keys, options)
          for (const key of keys) known.delete(key)
        },
        async stat(keys, options) {
          const stats = await port.stat(keys, options)
          return stats.map((stat, at) => known.get(keys[at] ?? '') ?? stat)
        },
      }
    }),
  },
  {
    id: 'remembers-blobs',
    breaks: 'clients-see-deletes',
    description: 'a client that read a blob goes on reading it, unless it deletes it itself',
    mutate: clients((port) => {
      const known = new Map<string, Uint8Array<ArrayBuffer>>()
      return {
        async put(key, body, options) {
          await port.put(key, body, options)
          known.delete(key)
        },
        async delete(keys, options) {
          await port.delete(keys, options)
          for (const key of keys) known.delete(key)
        },
        async get(key, options) {
          if (options !== undefined) return port.get(key, options)
          const blob = known.get(key) ?? (await port.get(key))
          known.set(key, blob)
          return blob.slice()
        },
      }
    }),
  },
  {
    id: 'locks-the-key-between-clients',
    breaks: 'clients-put-at-once',
    description: 'a put is refused while another client puts the key',
    mutate: sharedState(
      () => new Map<string, unknown>(),
      (port, locks) => ({
        async put(key, body, options) {
          const holder = locks.get(key)
          if (holder !== undefined && holder !== port) throw new NexusError('Conflict', `${key} is being put`)
          locks.set(key, port)
          await port.put(key, body, options).finally(() => locks.delete(key))
        },
      }),
    ),
  },
]

/** The body by way of a buffer, into which others may write at the same time. */
async function* through(buffer: number[], body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const piece of body) {
    for (const byte of piece) buffer[size++] = byte
  }
  yield Uint8Array.from(buffer.slice(0, size))
}
