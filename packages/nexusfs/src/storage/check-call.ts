import { NexusError } from '../core/errors.ts'
import { type ByteRange, blobKeyPattern, type ListOptions, type PutOptions } from './storage-backend.ts'

const pageLimit = 1000

/**
 * @throws {NexusError} InvalidArgument unless the key has the form of `blobKeyPattern`
 */
export function checkBlobKey(key: string): void {
  if (typeof key !== 'string' || !blobKeyPattern.test(key)) {
    throw new NexusError('InvalidArgument', `storage: not a blob key: ${JSON.stringify(key)?.slice(0, 100)}`)
  }
}

/**
 * @throws {NexusError} InvalidArgument unless `size` is a whole number of bytes within the limit
 */
export function checkPut(options: PutOptions, blobBytes: number): void {
  const { size } = options
  if (!Number.isSafeInteger(size) || size < 0)
    throw new NexusError('InvalidArgument', `storage: size must be a whole number of bytes from 0, not ${size}`)
  if (size > blobBytes) {
    throw new NexusError('InvalidArgument', `storage: a blob of ${size} bytes is too large`, {
      advice: `this backend takes at most ${blobBytes}`,
    })
  }
}

/** The error of a body that is not as long as its size says. */
export function wrongSize(expected: number, actual: number): NexusError {
  return new NexusError('InvalidArgument', `storage: the body has ${actual} bytes, not ${expected}`, {
    advice: 'nothing was stored',
  })
}

/**
 * Start and end (exclusive) of a range within a blob of `size` bytes.
 * @throws {NexusError} InvalidArgument for numbers that are negative or not whole
 */
export function resolveRange(range: ByteRange | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size }
  checkRange(range)
  const start = Math.min(range.start, size)
  return { start, end: range.length === undefined ? size : Math.min(start + range.length, size) }
}

/**
 * @throws {NexusError} InvalidArgument for numbers that are negative or not whole
 */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return
  for (const value of [range.start, range.length ?? 0]) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new NexusError('InvalidArgument', `storage: start and length of a range must be whole numbers from 0, not ${value}`)
    }
  }
}

/**
 * The page size asked for.
 * @throws {NexusError} InvalidArgument unless it is 1 to 1,000
 */
export function resolveListLimit(options: ListOptions): number {
  const limit = options.limit ?? pageLimit
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimit) {
    throw new NexusError('InvalidArgument', `storage: limit must be a whole number from 1 to ${pageLimit}, not ${limit}`)
  }
  return limit
}
