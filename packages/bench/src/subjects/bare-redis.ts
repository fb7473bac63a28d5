import { NexusError } from '../library.ts'
import type { BarePlace, BareServer } from './bare-server.ts'

const insertScript = "return redis.call('SET', KEYS[1], ARGV[1])"

/** One connection; commands of callers that come together travel together, as the client does it. */
export async function openBareRedis({ env, namespace }: BarePlace): Promise<BareServer> {
  const { Redis } = await import('ioredis').catch((cause: unknown) => {
    throw new NexusError('MissingDependency', 'the package ioredis is missing', { advice: 'run `npm install ioredis`', cause })
  })
  if (!env.REDIS_URL) throw new NexusError('InvalidConfig', 'set REDIS_URL')
  const url = new URL(env.REDIS_URL)
  url.searchParams.delete('prefix')
  const redis = new Redis(url.href, { lazyConnect: true, maxRetriesPerRequest: 0 })
  // What breaks fails the call under way.
  redis.on('error', () => {})
  await redis.connect()
  const script = String(await redis.script('LOAD', insertScript))
  const prefix = `nexus-${namespace}:bare:`
  return {
    insert: async (key, value) => {
      await redis.evalsha(script, 1, `${prefix}${key}`, Buffer.from(value))
    },
    find: async (key) => (await redis.getBuffer(`${prefix}${key}`)) ?? undefined,
    count: async () => (await keysOf(redis, prefix)).length,
    remove: async () => {
      const keys = await keysOf(redis, prefix)
      for (let from = 0; from < keys.length; from += 1000) await redis.unlink(...keys.slice(from, from + 1000))
    },
    close: async () => redis.disconnect(),
  }
}

interface Scanning {
  scan(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', size: number): Promise<[string, string[]]>
}

async function keysOf(redis: Scanning, prefix: string): Promise<string[]> {
  const keys = new Set<string>()
  for (let cursor = '0'; ; ) {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000)
    for (const key of found) keys.add(key)
    if (next === '0') return [...keys]
    cursor = next
  }
}
