import { setTimeout as sleep } from 'node:timers/promises'
import { isNexusError, NexusError } from '../../core/errors.ts'
import { Call } from './call.ts'
import type { Connection } from './connection.ts'
import type { RedisPlace } from './options.ts'
import { asText } from './reply.ts'
import { parseInfo, type ServerReport } from './server-facts.ts'

const operation = 'metadata.open'
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
    const call = new Call(operation, place.callMs, undefined)
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
