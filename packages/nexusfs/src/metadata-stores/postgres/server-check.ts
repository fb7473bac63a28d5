import { type DurabilityClass, weakerDurability } from '../../core/durability.ts'
import { NexusError } from '../../core/errors.ts'

/** What a server says of itself when a connection begins. */
export interface ServerFacts {
  /** As a number: 150018 is 15.18. */
  readonly version: number
  readonly versionText: string
  /** The server's own number of this connection; not the client's if a pooler stands between. */
  readonly processId: number
  readonly isStandby: boolean
  readonly isReadOnly: boolean
  /** What a transaction gets that asks for none. */
  readonly isolation: string
  readonly synchronousCommit: string
  readonly synchronousStandbys: string
  readonly fsync: string
  readonly user: string
}

/** The oldest server that is tested: 14. */
const oldestVersion = 140000

/**
 * One statement: sets what a session of our own may set (the planner's settings are those of `sql-names.ts`), then reads. On a pooled connection nothing is set, since the next
 * transaction may be another client's; `$1` is the client's number of the connection, which only a direct one shares with the server.
 */
export const factsQuery = `
  WITH own AS MATERIALIZED (
    SELECT CASE WHEN pg_backend_pid() = $1::int4 THEN ARRAY[
      set_config('default_transaction_isolation', 'read committed', false),
      set_config('enable_seqscan', 'off', false),
      set_config('enable_bitmapscan', 'off', false),
      set_config('plan_cache_mode', 'force_generic_plan', false),
      set_config('statement_timeout', $2, false),
      set_config('idle_in_transaction_session_timeout', $3, false),
      set_config(
        'synchronous_commit',
        CASE WHEN current_setting('synchronous_commit') = ANY ($4::text[]) THEN $5 ELSE current_setting('synchronous_commit') END,
        false
      )
    ] END AS done
  )
  SELECT current_setting('server_version_num'), current_setting('server_version'), pg_backend_pid(), pg_is_in_recovery(),
    current_setting('default_transaction_read_only'), current_setting('default_transaction_isolation'),
    current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), current_setting('fsync'), current_user
  FROM own WHERE own.done IS NULL OR cardinality(own.done) > 0`

export interface SessionSettings {
  readonly callMs: number
  readonly durability: DurabilityClass | undefined
}

/** @param processId the client's number of the connection; 0 = known to be pooled, set nothing */
export function factsArguments(settings: SessionSettings, processId: number): readonly unknown[] {
  const { callMs } = settings
  const { replaced, by } = synchronousCommit(settings.durability)
  return [processId, String(callMs), String(2 * callMs), replaced, by]
}

/** Which of the server's values are too weak for the class, or stronger than `none` pays for. */
function synchronousCommit(durability: DurabilityClass | undefined): {
  readonly replaced: readonly string[]
  readonly by: string
} {
  switch (durability) {
    case undefined:
      return { replaced: [], by: 'on' }
    case 'none':
      return { replaced: ['on', 'local', 'remote_write', 'remote_apply'], by: 'off' }
    case 'os':
    case 'disk':
      return { replaced: ['off'], by: 'on' }
    case 'replicated':
      return { replaced: ['off', 'local', 'remote_write'], by: 'on' }
  }
}

export function readFacts(row: readonly (string | null)[]): ServerFacts {
  const text = (index: number): string => row[index] ?? ''
  return {
    version: Number(text(0)),
    versionText: text(1),
    processId: Number(text(2)),
    isStandby: text(3) === 't',
    isReadOnly: text(4) === 'on',
    isolation: text(5),
    synchronousCommit: text(6),
    synchronousStandbys: text(7),
    fsync: text(8),
    user: text(9),
  }
}

/**
 * What an acknowledged commit survives under these settings. With `synchronous_commit = off` it waits in the memory of the server: an
 * immediate stop loses it. With `fsync = off` the system has it.
 */
export function durabilityOf(facts: ServerFacts): DurabilityClass {
  if (facts.synchronousCommit === 'off') return 'none'
  if (facts.fsync === 'off') return 'os'
  const isReplicated = facts.synchronousStandbys.trim() !== '' && ['on', 'remote_apply'].includes(facts.synchronousCommit)
  return isReplicated ? 'replicated' : 'disk'
}

/**
 * @throws {NexusError} Unsupported below version 14; ReadOnly on a standby or a read-only server; InvalidConfig where another isolation
 * level is the default behind a pooler, or the class asked for is out of reach
 */
export function refuseUnsuitable(facts: ServerFacts, need: ServerNeed): void {
  const refuse = (code: 'Unsupported' | 'ReadOnly' | 'InvalidConfig', what: string, advice?: string): never => {
    throw new NexusError(code, `postgres: ${what}, at ${need.location}`, { advice, outcome: 'none' })
  }
  if (facts.version < oldestVersion)
    refuse('Unsupported', `the server has version ${facts.versionText}`, 'use PostgreSQL 14 or newer')
  if (facts.isStandby) refuse('ReadOnly', 'the server is a standby', 'connect to the primary')
  if (facts.isReadOnly) {
    refuse(
      'ReadOnly',
      'transactions are read-only by default',
      `ALTER ROLE ${facts.user} SET default_transaction_read_only = off`,
    )
  }
  if (facts.isolation !== 'read committed') {
    const advice = `ALTER ROLE ${facts.user} SET default_transaction_isolation = 'read committed', then reconnect the pooler`
    const through = need.isPooled ? 'through the pooler ' : ''
    refuse('InvalidConfig', `transactions ${through}are ${facts.isolation} by default, which would lose updates`, advice)
  }
  const durability = durabilityOf(facts)
  if (need.durability !== undefined && weakerDurability(durability, need.durability) !== need.durability) {
    const settings = `fsync = ${facts.fsync}, synchronous_commit = ${facts.synchronousCommit}`
    const standbys = `synchronous_standby_names = '${facts.synchronousStandbys}'`
    refuse(
      'InvalidConfig',
      `the class ${need.durability} is asked for, but the server gives ${durability} (${settings}, ${standbys})`,
    )
  }
}

export interface ServerNeed {
  readonly location: string
  readonly isPooled: boolean
  readonly durability: DurabilityClass | undefined
}
