import type { DurabilityClass } from '../../core/durability.ts'
import { isNexusError, NexusError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'
import type { RedisPlace } from './options.ts'
import type { ServerFacts } from './redis-probe.ts'
import { asList, asText } from './reply.ts'

const operation = 'metadata.open'
const unknown = 'unknown'

/** What one INFO told: the facts for people, and all of its values. */
export interface ServerReport {
  readonly facts: ServerFacts
  readonly info: ReadonlyMap<string, string>
}

/**
 * Asks the server for its version, its role and the settings that decide what an acknowledged commit survives, and refuses a server
 * that cannot keep the promises of the port.
 * @throws {NexusError} InvalidConfig, ReadOnly, Unsupported, Unavailable, PermissionDenied
 */
export async function readServerFacts(connection: Connection, place: RedisPlace): Promise<ServerReport> {
  const info = parseInfo(asText(await connection.send(operation, 'INFO', [])))
  refuseUnusable(info, place)
  const policy = await readPolicy(connection, info)
  const isSafe = policy.appendonly === 'yes' && policy['maxmemory-policy'] === 'noeviction'
  if (!isSafe && !place.acceptDataLoss) throw unsafe(policy, place)
  const settings = { version: info.get('redis_version') ?? unknown, ...policy }
  return { facts: { durability: isSafe ? classOf(policy) : 'none', settings }, info }
}

type PolicyName = 'appendonly' | 'appendfsync' | 'no-appendfsync-on-rewrite' | 'aof-load-truncated' | 'maxmemory-policy'
type Policy = Readonly<Record<PolicyName, string>>

/**
 * `disk` only if every acknowledged commit was flushed, also while the append-only file is rewritten. With `everysec` the write itself,
 * not only the flush, waits up to two seconds for a flush that is under way: a killed server loses what it acknowledged meanwhile.
 */
function classOf(policy: Policy): DurabilityClass {
  if (policy.appendfsync === 'always') return policy['no-appendfsync-on-rewrite'] === 'no' ? 'disk' : 'os'
  return policy.appendfsync === 'no' ? 'os' : 'none'
}

function refuseUnusable(info: ReadonlyMap<string, string>, { location }: RedisPlace): void {
  const version = info.get('redis_version') ?? ''
  if (!isRecent(version)) {
    refuse('Unsupported', `${location} is Redis ${version === '' ? unknown : version}`, 'use 6.2 or later')
  }
  if (info.get('redis_mode') === 'cluster') {
    refuse(
      'Unsupported',
      `${location} is part of a Redis Cluster`,
      'a store needs one server (cluster-enabled no): all its keys would lie in one slot',
    )
  }
  if (info.get('loading') === '1') refuse('Unavailable', `${location} is still reading its data (LOADING)`, 'try again later')
  if (info.get('role') !== 'master') refuse('ReadOnly', `${location} is a replica`, 'use the URL of the primary')
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 6 || (major === 6 && minor >= 2)
}

/** CONFIG where the user may use it, else what INFO gives; `appendfsync` is not in INFO. */
async function readPolicy(connection: Connection, info: ReadonlyMap<string, string>): Promise<Policy> {
  const aof = info.get('aof_enabled')
  const fromInfo = aof === undefined ? unknown : aof === '1' ? 'yes' : 'no'
  const ask = (name: PolicyName): Promise<string | undefined> => readSetting(connection, name)
  // All at once: each is a round trip.
  const [appendonly, appendfsync, onRewrite, loadTruncated, maxmemory] = await Promise.all([
    ask('appendonly'),
    ask('appendfsync'),
    ask('no-appendfsync-on-rewrite'),
    ask('aof-load-truncated'),
    ask('maxmemory-policy'),
  ])
  return {
    appendonly: appendonly ?? fromInfo,
    appendfsync: appendfsync ?? unknown,
    'no-appendfsync-on-rewrite': onRewrite ?? unknown,
    'aof-load-truncated': loadTruncated ?? unknown,
    'maxmemory-policy': maxmemory ?? info.get('maxmemory_policy') ?? unknown,
  }
}

async function readSetting(connection: Connection, name: PolicyName): Promise<string | undefined> {
  try {
    const [, value] = asList(await connection.send(operation, 'CONFIG', ['GET', name]))
    return value === undefined ? undefined : asText(value)
  } catch (error) {
    if (isNexusError(error, 'PermissionDenied') || isNexusError(error, 'Unsupported')) return undefined
    throw error
  }
}

function unsafe(policy: Policy, { location }: RedisPlace): NexusError {
  const found = `appendonly is ${policy.appendonly}, maxmemory-policy is ${policy['maxmemory-policy']}`
  const commands = 'CONFIG SET appendonly yes, CONFIG SET maxmemory-policy noeviction, CONFIG REWRITE'
  const text = `redis: ${location} may lose what it acknowledged: a store needs appendonly yes and maxmemory-policy noeviction, but ${found}`
  const advice = `set both in redis.conf, or run ${commands}; the option acceptDataLoss: true opens it as it is`
  return new NexusError('InvalidConfig', text, { advice, operation, outcome: 'none' })
}

function refuse(code: 'Unsupported' | 'Unavailable' | 'ReadOnly', what: string, advice: string): never {
  throw new NexusError(code, `redis: ${what}`, { advice, operation, outcome: 'none' })
}

/** What INFO answers: lines of `name:value`, and headings. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) facts.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return facts
}
