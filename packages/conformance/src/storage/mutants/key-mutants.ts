import type { StorageBackend } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { clients, hasBlob, type StorageMutant, stageOf } from './wrong-backend.ts'

export const keyMutants: readonly StorageMutant[] = [
  {
    id: 'says-its-name-in-capitals',
    breaks: 'info-plain',
    description: 'info.name is text for people',
    mutate: clients((port) => ({
      info: { ...port.info, name: 'Memory (RAM)' },
    })),
  },
  {
    id: 'joins-dots',
    breaks: 'key-grammar',
    description: 'two dots in a row become one in the key that is stored',
    mutate: clients((port) => ({
      put: (key, body, options) => port.put(key.replaceAll('..', '.'), body, options),
    })),
  },
  {
    id: 'has-folders',
    breaks: 'key-nested',
    description: 'a key cannot go on where another ends',
    mutate: clients((port) => ({
      async put(key, body, options) {
        await refuseNested(port, key)
        await port.put(key, body, options)
      },
    })),
  },
  {
    id: 'put-takes-capitals',
    breaks: 'key-refused-by-put',
    description: 'put makes capital letters small',
    mutate: clients((port) => ({
      put: (key, body, options) => port.put(key.toLowerCase(), body, options),
    })),
  },
  {
    id: 'put-cuts-keys',
    breaks: 'key-refused-by-put',
    description: 'put takes the first 240 characters of a longer key',
    mutate: clients((port) => ({
      put: (key, body, options) => port.put(key.slice(0, 240), body, options),
    })),
  },
  {
    id: 'get-takes-capitals',
    breaks: 'key-refused-by-get',
    description: 'get makes capital letters small',
    mutate: clients((port) => ({
      get: (key, options) => port.get(key.toLowerCase(), options),
    })),
  },
  {
    id: 'stream-takes-capitals',
    breaks: 'key-refused-by-stream',
    description: 'stream makes capital letters small',
    mutate: clients((port) => ({
      stream: (key, options) => port.stream(key.toLowerCase(), options),
    })),
  },
  {
    id: 'stat-takes-capitals',
    breaks: 'key-refused-by-stat',
    description: 'stat makes capital letters small',
    mutate: clients((port) => ({
      stat: (keys, options) =>
        port.stat(
          keys.map((key) => key.toLowerCase()),
          options,
        ),
    })),
  },
  {
    id: 'delete-refuses-late',
    breaks: 'key-refused-by-delete',
    description: 'delete looks at each key when its turn comes',
    mutate: clients((port) => ({
      async delete(keys, options) {
        for (const key of keys) await port.delete([key], options)
      },
    })),
  },
  {
    id: 'publish-takes-capitals',
    breaks: 'key-refused-by-publish',
    description: 'publish makes capital letters small',
    mutate: clients((port) => ({
      async stage(body, options) {
        const staged = await stageOf(port)(body, options)
        return { ...staged, publish: (key, publishOptions) => staged.publish(key.toLowerCase(), publishOptions) }
      },
    })),
  },
]

async function refuseNested(port: StorageBackend, key: string): Promise<void> {
  const segments = key.split('/')
  const parents = segments.map((_, at) => segments.slice(0, at).join('/')).filter((parent) => parent.length > 1)
  const inside = await port.list({ prefix: `${key}/`, limit: 1 })
  const found = await Promise.all(parents.map((parent) => hasBlob(port, parent)))
  if (inside.blobs.length > 0 || found.includes(true)) throw new NexusError('NotADirectory', `${key} is nested`)
}
