import type { Redis, RedisOptions } from 'ioredis'
import { NexusError } from '../../core/errors.ts'

/** The part of the client that this adapter uses. */
export type RedisClientClass = new (options: RedisOptions) => Redis

/**
 * The class of the optional package `ioredis`, loaded when a store is opened.
 * @throws {NexusError} MissingDependency
 */
export async function loadClient(): Promise<RedisClientClass> {
  try {
    return (await import('ioredis')).Redis
  } catch (cause) {
    throw new NexusError('MissingDependency', 'redis: the package ioredis is missing', {
      advice: 'run `npm install ioredis`',
      operation: 'metadata.open',
      outcome: 'none',
      cause,
    })
  }
}
