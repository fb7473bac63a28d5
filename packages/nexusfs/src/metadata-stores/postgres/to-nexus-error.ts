import { type ErrorCode, type ErrorContext, isNexusError, NexusError } from '../../core/errors.ts'
import { rolledBackFix } from './highest-seen.ts'

/** What was going on when something failed. */
export interface Failure {
  /** The port call, such as `metadata.commit`. */
  readonly operation: string
  /** The place, without a secret. */
  readonly location: string
  /** For a commit: whether anything may have been applied. */
  readonly outcome?: 'none' | 'unknown' | undefined
}

/**
 * The one translation of what the server, the driver or the network says. An answer of severity ERROR ends the transaction, so nothing
 * was applied; a connection that ends (FATAL, or cut) says nothing of a commit that was on its way.
 */
export function toNexusError(error: unknown, failure: Failure): NexusError {
  if (isNexusError(error)) return error
  const { code, fix } = translate(error)
  const context = failure.outcome === undefined ? {} : { outcome: outcomeOf(error, failure.outcome) }
  const message = `${failure.operation}: ${words(error)}, at ${failure.location}${fix === '' ? '' : `; ${fix}`}`
  return new NexusError(code, message, {
    operation: failure.operation,
    context: { ...context, ...stateContext(error) },
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
  /** What to do; empty if there is nothing to say. */
  readonly fix: string
}

function translate(error: unknown): Translation {
  const state = sqlStateOf(error)
  if (state !== undefined) {
    return states[state] ?? states[state.slice(0, 2)] ?? { code: 'Unexpected', fix: '' }
  }
  const system = property(error, 'code') ?? ''
  if (unreachable.includes(system)) return { code: 'Unavailable', fix: 'check host and port, and that the server runs' }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|HOSTNAME|EPROTO|ERR_SSL/.test(system)) return { code: 'InvalidConfig', fix: fixes.tls }
  return translateText(error instanceof Error ? error.message : '')
}

/** The driver's own errors have no code. */
function translateText(message: string): Translation {
  if (/does not support SSL/i.test(message)) return { code: 'InvalidConfig', fix: fixes.noTls }
  if (/certificate|altname/i.test(message)) return { code: 'InvalidConfig', fix: fixes.tls }
  if (/password must be a (non-empty )?string/i.test(message)) return { code: 'PermissionDenied', fix: fixes.noPassword }
  if (/timeout expired/i.test(message)) return { code: 'Timeout', fix: 'check host and port, or raise connectTimeoutMs' }
  if (/terminated|not queryable|connection error|socket/i.test(message)) return { code: 'Unavailable', fix: '' }
  return { code: 'Unexpected', fix: '' }
}

const fixes = {
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
  schema: 'the store was removed, or belongs to another version of Nexus; open it again',
  foreign: 'something else of that name is in the schema; choose another with ?schema=',
  timeout: 'raise statementTimeoutMs, or look for a transaction that stays open',
} as const

/** By SQLSTATE, else by its class (the first two characters). */
const states: Readonly<Record<string, Translation>> = {
  '08': { code: 'Unavailable', fix: '' },
  '22': { code: 'InvalidArgument', fix: '' },
  '23': { code: 'InvalidArgument', fix: '' },
  '25006': { code: 'ReadOnly', fix: fixes.readOnly },
  '28': { code: 'PermissionDenied', fix: fixes.password },
  '3D000': { code: 'InvalidConfig', fix: fixes.database },
  '3F000': { code: 'InvalidConfig', fix: fixes.schema },
  '40': { code: 'Unavailable', fix: '' },
  '42501': { code: 'PermissionDenied', fix: fixes.rights },
  '42703': { code: 'InvalidConfig', fix: fixes.foreign },
  '42723': { code: 'InvalidConfig', fix: fixes.foreign },
  '42883': { code: 'InvalidConfig', fix: fixes.schema },
  '42P07': { code: 'InvalidConfig', fix: fixes.foreign },
  '42P01': { code: 'InvalidConfig', fix: fixes.schema },
  '53100': { code: 'NoSpace', fix: fixes.disk },
  '53200': { code: 'Unavailable', fix: fixes.locks },
  '53300': { code: 'Unavailable', fix: fixes.connections },
  '53': { code: 'Unavailable', fix: '' },
  '54': { code: 'InvalidArgument', fix: '' },
  '55P03': { code: 'Timeout', fix: fixes.timeout },
  '57014': { code: 'Timeout', fix: fixes.timeout },
  '57': { code: 'Unavailable', fix: '' },
  '58': { code: 'Unavailable', fix: '' },
  NX001: { code: 'InvalidConfig', fix: fixes.isolation },
  NX002: { code: 'InvalidConfig', fix: fixes.schema },
  NX003: { code: 'Corrupt', fix: rolledBackFix },
  XX001: { code: 'Corrupt', fix: '' },
  XX002: { code: 'Corrupt', fix: '' },
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

function outcomeOf(error: unknown, otherwise: 'none' | 'unknown'): 'none' | 'unknown' {
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
