import { NexusError } from '../../core/errors.ts'

/** What a server answers, bytes as they came. */
export type Reply = null | number | Buffer | readonly Reply[]

/**
 * @throws {NexusError} Unexpected if it is not one
 */
export function toReply(value: unknown): Reply {
  if (value === null || typeof value === 'number' || Buffer.isBuffer(value)) return value
  if (isReplyList(value)) return value
  return surprise('a value of no known kind')
}

/** Trusts the elements: the client builds lists of these kinds only. */
function isReplyList(value: unknown): value is readonly Reply[] {
  return Array.isArray(value)
}

export function asList(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? reply : surprise('no list where one is due')
}

export function asBytes(reply: Reply | undefined): Buffer {
  return Buffer.isBuffer(reply) ? reply : surprise('no bytes where some are due')
}

export function asText(reply: Reply | undefined): string {
  return asBytes(reply).toString('latin1')
}

/** A whole number, also where the server writes it as text. */
export function asNumber(reply: Reply | undefined): number {
  const value = typeof reply === 'number' ? reply : Number(asText(reply))
  return Number.isSafeInteger(value) ? value : surprise('no whole number where one is due')
}

function surprise(what: string): never {
  throw new NexusError('Unexpected', `redis: ${what} in an answer of the server`)
}
