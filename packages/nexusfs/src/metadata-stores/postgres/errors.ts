import { type ErrorCode, type ErrorContext, isNexusError, NexusError, type Outcome } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'

/** What was going on when something failed. */
export interface Failure {
  /** The port call, such as `metadata.commit`. */
  readonly operation: string
  /** The location, without a secret. */
  readonly location: string
  /** For a commit: whether anything may have been applied. */
  readonly outcome?: Outcome | undefined
}

/**
 * The one translation of what the server, the driver or the network says. An answer of severity ERROR ends the transaction, so nothing
 * was applied; a connection that ends (FATAL, or cut) says nothing of a commit that was on its way.
 */
export function toNexusError(error: unknown, failure: Failure): NexusError {
  if (isNexusError(error)) return error
  const { code, advice } = translate(error)
  return new NexusError(code, `${failure.operation}: ${words(error)}, at ${failure.location}`, {
    advice,
    outcome: failure.outcome && outcomeOf(error, failure.outcome),
    operation: failure.operation,
    context: stateContext(error),
    cause: error,
  })
}

/**
 * True if the server answered with an error and keeps the connection. The severity may be in the server's language, so the states with
 * which it ends a connection are asked too.
 */
export function isStatementError(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state === undefined || /^(?:FATAL|PANIC)$/.test(property(error, 'severity') ?? '')) return false
  return !/^(?:08|57P)/.test(state)
}

/** The five characters that PostgreSQL gives each error. */
function sqlStateOf(error: unknown): string | undefined {
  const code = property(error, 'code')
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && property(error, 'severity') !== undefined ? code : undefined
}

interface Translation {
  readonly code: ErrorCode
  readonly advice?: string
}

function translate(error: unknown): Translation {
  const state = sqlStateOf(error)
  if (state !== undefined) {
    return states[state] ?? states[state.slice(0, 2)] ?? { code: 'Unexpected' }
  }
  const system = property(error, 'code') ?? ''
  if (unreachable.includes(system)) return { code: 'Unavailable', advice: 'check host and port, and that the server runs' }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|HOSTNAME|EPROTO|ERR_SSL/.test(system))
    return { code: 'InvalidConfig', advice: advices.tls }
  return translateText(error instanceof Error ? error.message : '')
}

/** The driver's own errors have no code. */
function translateText(message: string): Translation {
  if (/does not support SSL/i.test(message)) return { code: 'InvalidConfig', advice: advices.noTls }
  if (/certificate|altname/i.test(message)) return { code: 'InvalidConfig', advice: advices.tls }
  if (/password must be a (non-empty )?string/i.test(message)) return { code: 'PermissionDenied', advice: advices.noPassword }
  if (/timeout expired/i.test(message)) return { code: 'Timeout', advice: 'check host and port, or raise connectMs' }
  if (/terminated|not queryable|connection error|socket/i.test(message)) return { code: 'Unavailable' }
  return { code: 'Unexpected' }
}

const advices = {
  tls: 'name the root certificate with sslrootcert=FILE, or choose another sslmode',
  noTls: 'turn TLS on at the server, or take sslmode out of the URL',
  noPassword: 'put a password into the URL, or set PGPASSWORD',
  password: 'correct user and password in the URL or PGPASSWORD, or the rule in pg_hba.conf',
  database: 'create it (createdb), or correct the name in the URL',
  rights: 'let an owner open the store once, or GRANT CREATE ON DATABASE, or USAGE on the schema and ALL on what is in it',
  readOnly: 'connect to the primary, or set default_transaction_read_only to off',
  isolation: "ALTER ROLE or ALTER DATABASE ... SET default_transaction_isolation = 'read committed'",
  disk: 'free space on the disk of the server',
  locks: 'raise max_locks_per_transaction on the server, or commit less at once',
  connections: 'lower poolSize, raise max_connections on the server, or use a pooler',
  schema: 'open the store again: it was removed, or belongs to another version of Nexus',
  foreign: 'choose another schema with ?schema=: something else of that name is in this one',
  rolledBack: 'connect to its newest copy; if that is lost, confirm the older state with raiseEpoch(), or `nexus epoch raise`',
  timeout: 'raise timeouts.call, or look for a transaction that stays open',
} as const

/** By SQLSTATE, else by its class (the first two characters). */
const states: Readonly<Record<string, Translation>> = {
  '08': { code: 'Unavailable' },
  '22': { code: 'InvalidArgument' },
  '23': { code: 'InvalidArgument' },
  '25006': { code: 'ReadOnly', advice: advices.readOnly },
  '28': { code: 'PermissionDenied', advice: advices.password },
  '3D000': { code: 'InvalidConfig', advice: advices.database },
  '3F000': { code: 'InvalidConfig', advice: advices.schema },
  '40': { code: 'Unavailable' },
  '42501': { code: 'PermissionDenied', advice: advices.rights },
  '42703': { code: 'InvalidConfig', advice: advices.foreign },
  '42723': { code: 'InvalidConfig', advice: advices.foreign },
  '42883': { code: 'InvalidConfig', advice: advices.schema },
  '42P07': { code: 'InvalidConfig', advice: advices.foreign },
  '42P01': { code: 'InvalidConfig', advice: advices.schema },
  '53100': { code: 'NoSpace', advice: advices.disk },
  '53200': { code: 'Unavailable', advice: advices.locks },
  '53300': { code: 'Unavailable', advice: advices.connections },
  '53': { code: 'Unavailable' },
  '54': { code: 'InvalidArgument' },
  '55P03': { code: 'Timeout', advice: advices.timeout },
  '57014': { code: 'Timeout', advice: advices.timeout },
  '57': { code: 'Unavailable' },
  '58': { code: 'Unavailable' },
  NX001: { code: 'InvalidConfig', advice: advices.isolation },
  NX002: { code: 'InvalidConfig', advice: advices.schema },
  NX003: { code: 'Corrupt', advice: advices.rolledBack },
  XX001: { code: 'Corrupt' },
  XX002: { code: 'Corrupt' },
}

const unreachable: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
]

function outcomeOf(error: unknown, otherwise: Outcome): Outcome {
  return isStatementError(error) ? 'none' : otherwise
}

/** A failed attempt at several addresses has no message of its own. */
function words(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(words).join(', ')
  const message = error instanceof Error ? error.message : String(error)
  return message === '' ? (property(error, 'code') ?? 'failed') : message
}

function stateContext(error: unknown): ErrorContext {
  const sqlState = sqlStateOf(error)
  if (sqlState === undefined) return {}
  return sqlState === 'NX003' ? { sqlState, reason: 'rolled back' } : { sqlState }
}

function property(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' ? value : undefined
}

/** The server is at a revision below one that it has acknowledged. */
export function wentBack(operation: string, location: string, revision: Revision, seen: Revision): NexusError {
  const what = `the server has gone back in time: it is at revision ${revision}, and was at ${seen}`
  const context = { reason: 'rolled back', revision, seen }
  const advice = advices.rolledBack
  return new NexusError('Corrupt', `${operation}: ${what}, at ${location}`, { advice, outcome: 'none', operation, context })
}
