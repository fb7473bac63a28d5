import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { NexusError } from '../../core/errors.ts'
import { type TlsOptions, verification } from '../../engine-kit/connection-options.ts'
import type { PostgresOptions, PostgresServer, PostgresSettings } from './options.ts'

/** Where to connect, and how to speak of it. */
export interface ConnectionTarget {
  readonly host: string | undefined
  readonly port: number | undefined
  readonly database: string | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly ssl: ConnectionOptions | false
  readonly isChannelBound: boolean
}

/**
 * Reads the URL, or takes the parts; the URL's own settings count where the options are silent.
 * @throws {NexusError} InvalidConfig, never with the URL in it
 */
export function readTarget(options: PostgresOptions): { readonly target: ConnectionTarget; readonly settings: PostgresSettings } {
  if (options.url === undefined) return { target: fromServer(options.server), settings: options }
  const url = parseUrl(options.url)
  const parameters = url.searchParams
  for (const name of parameters.keys()) {
    if (!knownParameters.includes(name))
      refuse(`the URL has an unknown parameter ${name}`, `known are ${knownParameters.join(', ')}`)
  }
  const target = fromServer({
    host: parameters.get('host') ?? text(url.hostname),
    port: url.port === '' ? undefined : Number(url.port),
    database: text(url.pathname.slice(1)),
    user: text(url.username),
    password: text(url.password),
    tls: tlsOf(parameters),
  })
  return {
    target: { ...target, isChannelBound: parameters.get('channel_binding') === 'require' },
    settings: withUrl(settingsOf(parameters), options),
  }
}

/** The location, for people: no password, no parameter but the schema. */
export function locationOf(target: ConnectionTarget, schema: string): string {
  const user = target.user === undefined ? '' : `${encodeURIComponent(target.user)}@`
  const host = target.host ?? process.env.PGHOST ?? 'localhost'
  const name = host.startsWith('/') ? encodeURIComponent(host) : host
  const port = target.port ?? process.env.PGPORT ?? 5432
  const database = target.database ?? process.env.PGDATABASE ?? target.user ?? process.env.PGUSER ?? ''
  return `postgres://${user}${name}:${port}/${encodeURIComponent(database)}?schema=${schema}`
}

const knownParameters: readonly string[] = [
  'schema',
  'host',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'channel_binding',
  'connect_timeout',
  'pool_size',
  'pgbouncer',
]

function fromServer(server: PostgresServer): ConnectionTarget {
  return {
    host: server.host,
    port: server.port,
    database: server.database,
    user: server.user,
    password: server.password,
    ssl: sslOf(server.tls),
    isChannelBound: false,
  }
}

function sslOf(tls: PostgresServer['tls']): ConnectionOptions | false {
  if (tls === undefined || tls === false) return false
  const { ca, cert, key, servername, ...rest } = tls === true ? {} : tls
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...verification(rest),
  }
}

/** The URL itself is kept out of the error, and so is the parser's own error, which carries it. */
function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed !== undefined && /^postgres(?:ql)?:$/.test(parsed.protocol)) return parsed
  return refuse('not a PostgreSQL URL', 'write postgres://user:password@host:port/database (with % escapes in the password)')
}

function text(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    return refuse('the URL has a % that begins no escape', 'write %25 for a percent sign')
  }
}

/** As `libpq` reads them: `require` encrypts without asking to whom, unless a root certificate is named. */
function tlsOf(parameters: URLSearchParams): PostgresServer['tls'] {
  const mode = parameters.get('sslmode') ?? 'disable'
  const rootFile = parameters.get('sslrootcert')
  const verify = tlsModes[mode]
  if (verify === undefined) return refuse(`sslmode is one of ${Object.keys(tlsModes).join(', ')}, not ${mode}`)
  if (verify === 'off') return false
  const isTrusted = verify !== 'none' || (rootFile !== null && rootFile !== 'system')
  return {
    ca: rootFile === null || rootFile === 'system' ? undefined : readPem('sslrootcert', rootFile),
    cert: readPem('sslcert', parameters.get('sslcert')),
    key: readPem('sslkey', parameters.get('sslkey')),
    verify: verify === 'none' && isTrusted ? 'ca' : verify,
  }
}

const tlsModes: Readonly<Record<string, NonNullable<TlsOptions['verify']> | 'off'>> = {
  disable: 'off',
  require: 'none',
  'verify-ca': 'ca',
  'verify-full': 'full',
}

function readPem(parameter: string, path: string | null): string | undefined {
  if (path === null) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new NexusError('InvalidConfig', `postgres: ${parameter} names ${path}, which cannot be read`, { cause: error })
  }
}

function settingsOf(parameters: URLSearchParams): PostgresSettings {
  const number = (name: string): number | undefined => {
    const value = parameters.get(name)
    return value === null ? undefined : Number(value)
  }
  const seconds = number('connect_timeout')
  return withoutAbsent({
    schema: parameters.get('schema') ?? undefined,
    poolSize: number('pool_size'),
    timeouts: seconds === undefined ? undefined : { connect: seconds * 1000 },
    isPooled: parameters.get('pgbouncer') === 'true' ? true : undefined,
  })
}

/** What the options say goes before what the URL says. */
function withUrl(inUrl: PostgresSettings, options: PostgresSettings): PostgresSettings {
  const timeouts = { ...inUrl.timeouts, ...withoutAbsent(options.timeouts ?? {}) }
  return { ...inUrl, ...withoutAbsent(options), timeouts }
}

function withoutAbsent<T extends object>(options: T): T {
  const present = { ...options }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) Reflect.deleteProperty(present, name)
  }
  return present
}

function refuse(what: string, advice?: string): never {
  throw new NexusError('InvalidConfig', `postgres: ${what}`, { advice })
}
