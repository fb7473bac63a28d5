import { NexusError } from '../../core/errors.ts'
import type { Timeouts, TlsOptions } from '../../engine-kit/connection-options.ts'

/** Where a Redis store is, and how it is reached. */
export interface RedisStoreOptions {
  /**
   * `redis://[user[:password]@]host[:port][/db][?prefix=text]`, or `rediss://` for TLS. Percent-encode what is not a letter or a
   * digit in a user or password.
   */
  readonly url: string
  /** First bytes of every key of this store: two stores share a database if neither prefix begins with the other. Default `nexus:`. */
  readonly prefix?: string | undefined
  /** False = refuse a place that holds no store yet, with `NotFound`. Default true. */
  readonly create?: boolean | undefined
  /** 3,000 to connect and 10,000 for a call if absent. */
  readonly timeouts?: Timeouts | undefined
  /** Added to what `rediss://` says; refused with `redis://`. */
  readonly tls?: TlsOptions | undefined
  /**
   * Opens a server that forgets or evicts what it acknowledged (`appendonly no`, or a `maxmemory-policy` other than `noeviction`).
   * `info.durability` is then `none`. Default false: such a server is refused.
   */
  readonly acceptDataLoss?: boolean | undefined
  /** Cancels opening. */
  readonly signal?: AbortSignal | undefined
}

/** What the options say, checked. */
export interface RedisPlace {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username: string
  readonly password: string
  readonly tls: TlsOptions | undefined
  readonly prefix: string
  /** For people; without user and password. */
  readonly location: string
  readonly connectMs: number
  readonly callMs: number
  readonly acceptDataLoss: boolean
}

const form = 'redis://[user[:password]@]host[:port][/db][?prefix=text]'

/**
 * @throws {NexusError} InvalidConfig, never with the URL itself, since it may hold a password
 */
export function toRedisPlace(options: RedisStoreOptions): RedisPlace {
  const url = parseUrl(options.url)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '') refuse('the URL names no host', `write ${form}`)
  const prefix = options.prefix ?? url.searchParams.get('prefix') ?? 'nexus:'
  checkPrefix(prefix)
  const db = parseDatabase(url.pathname)
  const port = url.port === '' ? 6379 : Number(url.port)
  return {
    host,
    port,
    db,
    username: decode(url.username),
    password: decode(url.password),
    tls: parseTls(url, options.tls),
    prefix,
    location: `${url.protocol}//${url.hostname}:${port}/${db}?prefix=${encodeURIComponent(prefix)}`,
    connectMs: milliseconds('connect', options.timeouts?.connect, 3_000),
    callMs: milliseconds('call', options.timeouts?.call, 10_000),
    acceptDataLoss: options.acceptDataLoss ?? false,
  }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) refuse(`the URL is not of the form ${form}`)
  for (const name of url.searchParams.keys()) {
    if (name !== 'prefix') refuse(`the URL has the parameter ${JSON.stringify(name)}`, 'only "prefix" is known')
  }
  return url
}

function checkPrefix(prefix: string): void {
  if (/^[\x21-\x7e]{1,64}$/.test(prefix) && !/[*?[\]{}\\]/.test(prefix)) return
  refuse(`the prefix ${JSON.stringify(prefix)} is not 1 to 64 printable ASCII characters without space * ? [ ] { } \\`)
}

function parseDatabase(pathname: string): number {
  const text = pathname.replace(/^\//, '')
  if (text === '') return 0
  if (!/^\d{1,4}$/.test(text)) refuse(`the URL's path is a database number, such as /0`, `write ${form}`)
  return Number(text)
}

function parseTls(url: URL, tls: TlsOptions | undefined): TlsOptions | undefined {
  if (url.protocol === 'rediss:') return tls ?? {}
  if (tls !== undefined) refuse('the option tls needs a URL that begins with rediss://')
  return undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return refuse('the user or password of the URL is not percent-encoded', 'write % as %25')
  }
}

function milliseconds(name: string, value: number | undefined, preset: number): number {
  if (value === undefined) return preset
  if (!Number.isFinite(value) || value < 1 || value > 3_600_000) refuse(`timeouts.${name} is ${value}`, 'give 1 to 3,600,000 ms')
  return value
}

function refuse(what: string, advice?: string): never {
  throw new NexusError('InvalidConfig', `redis: ${what}`, { advice, operation: 'metadata.open', outcome: 'none' })
}
