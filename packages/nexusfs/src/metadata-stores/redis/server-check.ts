import { setTimeout as sleep } from 'node:timers/promises'
import type { DurabilityClass } from '../../core/durability.ts'
import { isNexusError, NexusError } from '../../core/errors.ts'
import { Deadline } from '../../engine-kit/deadline.ts'
import type { Connection } from './connection.ts'
import type { RedisPlace } from './options.ts'
import { asList, asText } from './reply.ts'
import type { ServerFacts } from './server-facts.ts'

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
function parseInfo(text: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) facts.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return facts
}

/** Pauses between two looks, in ms: the first and the longest. */
const firstPauseMs = 2
const longestPauseMs = 100

/**
 * Has the server write its append-only file anew, once in each of its runs, before anything is committed to it.
 *
 * A server that is killed while it writes a commit leaves the beginning of a transaction. With `aof-load-truncated yes`, the default, the
 * next start cuts off the last, broken command only, and appends behind the rest; the start after that applies the rest together with
 * the first transaction behind it: half a commit (github.com/valkey-io/valkey/pull/4342; Redis is the same). What is written anew is
 * what the server has in memory, and has no such rest.
 *
 * Without the right to `BGREWRITEAOF` the file stays as it is.
 * @throws {NexusError} Timeout if that takes longer than a call may, then the connection is dropped; Unavailable; as `Connection.send`
 */
export async function settleLog(connection: Connection, report: ServerReport, place: RedisPlace): Promise<void> {
  try {
    const call = new Deadline(operation, place.callMs, undefined)
    await call.race(
      settle(connection, report, place),
      () => 'none',
      () => stillBusy(place),
    )
  } catch (error) {
    connection.drop()
    throw error
  }
}

async function settle(
  connection: Connection,
  { facts: { settings }, info: told }: ServerReport,
  place: RedisPlace,
): Promise<void> {
  if (settings.appendonly !== 'yes' || settings['aof-load-truncated'] === 'no') return
  if (!isBusy(told) && wasWritten(told)) return
  let isAsked = false
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    // Again, since another client may have had it written since that one was told.
    const info = parseInfo(asText(await connection.send(operation, 'INFO', ['persistence'])))
    if (!isBusy(info)) {
      if (wasWritten(info)) return
      if (isAsked) throw failed(place)
      if (!(await ask(connection))) return
      isAsked = true
    }
    await sleep(pause)
  }
}

function isBusy(info: ReadonlyMap<string, string>): boolean {
  return info.get('aof_rewrite_in_progress') === '1' || info.get('aof_rewrite_scheduled') === '1'
}

/** True if the file was written anew since the server started. */
function wasWritten(info: ReadonlyMap<string, string>): boolean {
  return info.get('aof_last_rewrite_time_sec') !== '-1' && info.get('aof_last_bgrewrite_status') === 'ok'
}

/** False if this user, or this service, may not. That another client has asked meanwhile is as good. */
async function ask(connection: Connection): Promise<boolean> {
  try {
    await connection.send(operation, 'BGREWRITEAOF', [])
    return true
  } catch (error) {
    if (isNexusError(error, 'PermissionDenied') || isNexusError(error, 'Unsupported')) return false
    if (error instanceof Error && /already in progress/.test(String(error.cause))) return true
    throw error
  }
}

function failed({ location }: RedisPlace): NexusError {
  const text = `redis: ${location} could not rewrite its append-only file, which it must after a start`
  return new NexusError('Unavailable', text, {
    advice: 'look at its log, and at its memory and disk',
    operation,
    outcome: 'none',
  })
}

function stillBusy({ location, callMs }: RedisPlace): NexusError {
  const text = `redis: ${location} is still rewriting its append-only file after ${callMs} ms, once after a start`
  return new NexusError('Timeout', text, { advice: 'try again when it has', operation, outcome: 'none' })
}
