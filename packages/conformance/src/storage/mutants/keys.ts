import type { StorageBackend } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { hasBlob, mutant, type StorageMutant } from './mutant.ts'

export const keyMutants: readonly StorageMutant[] = [
  mutant('says-its-name-in-capitals', 'info-plain', 'info.name is text for people', (port) => ({
    info: { ...port.info, name: 'Memory (RAM)' },
  })),
  mutant('joins-dots', 'key-grammar', 'two dots in a row become one in the key that is stored', (port) => ({
    put: (key, body, options) => port.put(key.replaceAll('..', '.'), body, options),
  })),
  mutant('has-folders', 'key-nested', 'a key cannot go on where another ends', (port) => ({
    async put(key, body, options) {
      await refuseNested(port, key)
      await port.put(key, body, options)
    },
  })),
  mutant('put-takes-capitals', 'key-refused-by-put', 'put makes capital letters small', (port) => ({
    put: (key, body, options) => port.put(key.toLowerCase(), body, options),
  })),
  mutant('put-cuts-keys', 'key-refused-by-put', 'put takes the first 240 characters of a longer key', (port) => ({
    put: (key, body, options) => port.put(key.slice(0, 240), body, options),
  })),
  mutant('get-takes-capitals', 'key-refused-by-get', 'get makes capital letters small', (port) => ({
    get: (key, options) => port.get(key.toLowerCase(), options),
  })),
  mutant('stream-takes-capitals', 'key-refused-by-stream', 'stream makes capital letters small', (port) => ({
    stream: (key, options) => port.stream(key.toLowerCase(), options),
  })),
  mutant('stat-takes-capitals', 'key-refused-by-stat', 'stat makes capital letters small', (port) => ({
    stat: (keys, options) =>
      port.stat(
        keys.map((key) => key.toLowerCase()),
        options,
      ),
  })),
  mutant('delete-refuses-late', 'key-refused-by-delete', 'delete looks at each key when its turn comes', (port) => ({
    async delete(keys, options) {
      for (const key of keys) await port.delete([key], options)
    },
  })),
  mutant('publish-takes-capitals', 'key-refused-by-publish', 'publish makes capital letters small', (port) => ({
    async stage(body, options) {
      const staged = await stageOf(port)(body, options)
      return { ...staged, publish: (key, publishOptions) => staged.publish(key.toLowerCase(), publishOptions) }
    },
  })),
]

/** The port's own `stage`, where it is known to be there. */
export function stageOf(port: StorageBackend): NonNullable<StorageBackend['stage']> {
  return async (body, options) => {
    const staged = await port.stage?.(body, options)
    if (staged === undefined) throw new NexusError('Unsupported', 'the subject of this mutant must be able to stage')
    return staged
  }
}

async function refuseNested(port: StorageBackend, key: string): Promise<void> {
  const segments = key.split('/')
  const parents = segments.map((_, at) => segments.slice(0, at).join('/')).filter((parent) => parent.length > 1)
  const inside = await port.list({ prefix: `${key}/`, limit: 1 })
  const found = await Promise.all(parents.map((parent) => hasBlob(port, parent)))
  if (inside.blobs.length > 0 || found.includes(true)) throw new NexusError('NotADirectory', `${key} is nested`)
}
