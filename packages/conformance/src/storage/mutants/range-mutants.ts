import type { ByteRange, GetOptions, StorageBackend } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { clients, type StorageMutant } from './wrong-backend.ts'

export const rangeMutants: readonly StorageMutant[] = [
  {
    id: 'refuses-ranges-past-the-end',
    breaks: 'range-edges',
    description: 'a range that starts at or past the end is refused',
    mutate: clients((port) => ({
      async get(key, options) {
        const start = options?.range?.start ?? 0
        if (Number.isInteger(start) && start > 0) await refusePastEnd(port, key, start)
        return port.get(key, options)
      },
    })),
  },
  {
    id: 'takes-none-for-all',
    breaks: 'range-edges',
    description: 'a length of 0 means to the end',
    mutate: clients((port) => ({
      get: (key, options) => port.get(key, withoutZeroLength(options)),
    })),
  },
  {
    id: 'ranges-end-early',
    breaks: 'range-any',
    description: 'a range of more than 100 bytes lacks its last',
    mutate: clients((port) => ({
      async get(key, options) {
        const blob = await port.get(key, options)
        return options?.range !== undefined && blob.length > 100 ? blob.slice(0, -1) : blob
      },
    })),
  },
  {
    id: 'get-corrects-ranges',
    breaks: 'range-refused',
    description: 'get takes numbers that are negative or not whole for the nearest that are right',
    mutate: clients((port) => ({
      get: (key, options) => port.get(key, corrected(options)),
    })),
  },
  {
    id: 'streams-to-the-end',
    breaks: 'stream-range',
    description: 'a stream ignores the length of a range',
    mutate: clients((port) => ({
      stream(key, options) {
        const range = options?.range
        const isRight = range?.length === undefined || (Number.isInteger(range.length) && range.length >= 0)
        return port.stream(key, isRight && range !== undefined ? { ...options, range: { start: range.start } } : options)
      },
    })),
  },
  {
    id: 'streams-all-for-none',
    breaks: 'stream-range',
    description: 'for a stream a length of 0 means to the end',
    mutate: clients((port) => ({
      stream: (key, options) => port.stream(key, withoutZeroLength(options)),
    })),
  },
  {
    id: 'stream-corrects-ranges',
    breaks: 'stream-range-refused',
    description: 'stream takes numbers that are negative or not whole for right ones',
    mutate: clients((port) => ({
      stream: (key, options) => port.stream(key, corrected(options)),
    })),
  },
]

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
