import type { ByteRange, GetOptions, StorageBackend } from 'nexusfs'
import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { except, mutant, type StorageMutant } from './mutant.ts'

export const getMutants: readonly StorageMutant[] = [
  mutant('missing-is-empty', 'get-missing', 'get of a missing blob gives no bytes', (port) => ({
    get: (key, options) =>
      options?.range === undefined ? except('NotFound', port.get(key, options), noBytes) : port.get(key, options),
  })),
  mutant('missing-range-is-empty', 'get-missing-range', 'get of a range of a missing blob gives no bytes', (port) => ({
    get: (key, options) =>
      options?.range === undefined ? port.get(key, options) : except('NotFound', port.get(key, options), noBytes),
  })),
  mutant('hands-out-its-cache', 'get-owned', 'get gives the same array each time', (port) => {
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
  mutant('gives-buffers', 'get-plain', 'get gives a Buffer', (port) => ({
    get: async (key, options) => Buffer.from(await port.get(key, options)),
  })),
  mutant('gives-buffers-of-ranges', 'get-plain', 'get of a range gives a Buffer', (port) => ({
    async get(key, options) {
      const blob = await port.get(key, options)
      return options?.range === undefined ? blob : Buffer.from(blob)
    },
  })),
  mutant('joins-gets', 'get-at-once', 'a get joins one under way for the key, whatever its range', (port) => {
    const running = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()
    return {
      async get(key, options) {
        const call = running.get(key) ?? port.get(key, options).finally(() => running.delete(key))
        running.set(key, call)
        return (await call).slice()
      },
    }
  }),
  mutant('invents-deleted-bytes', 'get-while-deleted', 'a blob deleted while it is read comes as zeros', (port) => ({
    async get(key, options) {
      const [stat] = blobKeyPattern.test(key) && options?.signal?.aborted !== true ? await port.stat([key]) : []
      return stat === undefined
        ? port.get(key, options)
        : except('NotFound', port.get(key, options), () => new Uint8Array(stat.size))
    },
  })),
]

export const rangeMutants: readonly StorageMutant[] = [
  mutant('refuses-ranges-past-the-end', 'range-edges', 'a range that starts at or past the end is refused', (port) => ({
    async get(key, options) {
      const start = options?.range?.start ?? 0
      if (Number.isInteger(start) && start > 0) await refusePastEnd(port, key, start)
      return port.get(key, options)
    },
  })),
  mutant('takes-none-for-all', 'range-edges', 'a length of 0 means to the end', (port) => ({
    get: (key, options) => port.get(key, withoutZeroLength(options)),
  })),
  mutant('ranges-end-early', 'range-any', 'a range of more than 100 bytes lacks its last', (port) => ({
    async get(key, options) {
      const blob = await port.get(key, options)
      return options?.range !== undefined && blob.length > 100 ? blob.slice(0, -1) : blob
    },
  })),
  mutant(
    'get-corrects-ranges',
    'range-refused',
    'get takes numbers that are negative or not whole for the nearest that are right',
    (port) => ({
      get: (key, options) => port.get(key, corrected(options)),
    }),
  ),
  mutant('streams-to-the-end', 'stream-range', 'a stream ignores the length of a range', (port) => ({
    stream(key, options) {
      const range = options?.range
      const isRight = range?.length === undefined || (Number.isInteger(range.length) && range.length >= 0)
      return port.stream(key, isRight && range !== undefined ? { ...options, range: { start: range.start } } : options)
    },
  })),
  mutant('streams-all-for-none', 'stream-range', 'for a stream a length of 0 means to the end', (port) => ({
    stream: (key, options) => port.stream(key, withoutZeroLength(options)),
  })),
  mutant(
    'stream-corrects-ranges',
    'stream-range-refused',
    'stream takes numbers that are negative or not whole for right ones',
    (port) => ({
      stream: (key, options) => port.stream(key, corrected(options)),
    }),
  ),
]

async function noBytes(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array()
}

async function refusePastEnd(port: StorageBackend, key: string, start: number): Promise<void> {
  const [stat] = await port.stat([key])
  if (stat !== undefined && start >= stat.size) throw new NexusError('InvalidArgument', `${start} is past the end of ${key}`)
}

function withoutZeroLength(options: GetOptions | undefined): GetOptions | undefined {
  return options?.range?.length === 0 ? { ...options, range: { start: options.range.start } } : options
}

function corrected(options: GetOptions | undefined): GetOptions | undefined {
  if (options?.range === undefined) return options
  const { start, length } = options.range
  const range: ByteRange = length === undefined ? { start: nearest(start) } : { start: nearest(start), length: nearest(length) }
  return { ...options, range }
}

function nearest(value: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.trunc(value) || 0))
}
