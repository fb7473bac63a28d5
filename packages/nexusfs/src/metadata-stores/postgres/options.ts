import type { DurabilityClass } from '../../core/durability.ts'
import { NexusError } from '../../core/errors.ts'
import type { Timeouts, TlsOptions } from '../../engine-kit/connection-options.ts'

/** How to open a store: by URL, or by parts. */
export type PostgresOptions = PostgresSettings &
  (
    | {
        /**
         * `postgres://user:password@host:port/database?schema=nexus&sslmode=verify-full`. What it leaves out comes from `PGHOST`,
         * `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, as with `psql`. Its parameters are listed in the README.
         */
        readonly url: string
        readonly server?: undefined
      }
    | { readonly server: PostgresServer; readonly url?: undefined }
  )

export interface PostgresServer {
  /** A name, an address, or the folder of a Unix socket; `localhost` if absent. */
  readonly host?: string | undefined
  /** 5432 if absent. */
  readonly port?: number | undefined
  readonly database?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Absent or false: no TLS. True: TLS, certificate and host name verified. */
  readonly tls?: boolean | TlsOptions | undefined
}

export interface PostgresSettings {
  /** The schema that holds the store; one database can hold several stores. `nexus` if absent. */
  readonly schema?: string | undefined
  /** The most connections at once, 1 to 1,000; 10 if absent. */
  readonly poolSize?: number | undefined
  /** 5,000 to connect and 30,000 for a call, which the server ends at the same time, if absent. */
  readonly timeouts?: Timeouts | undefined
  /** False = refuse a schema that holds no store yet, with `NotFound`. True if absent. */
  readonly create?: boolean | undefined
  /** The class to ask the server for; what its `synchronous_commit` gives if absent. */
  readonly durability?: DurabilityClass | undefined
  /** True = the server is behind a pooler in transaction mode. Found out at open if absent. */
  readonly isPooled?: boolean | undefined
  /** The most commits that travel in one call, 1 to 1,000; 64 if absent. 1 = every commit has its own call and transaction. */
  readonly groupSize?: number | undefined
  /** The most calls that commit at once, 1 to `poolSize`; 2 if absent: while they are busy, commits gather into groups. */
  readonly commitConnections?: number | undefined
  /** Cancels opening, probing and dropping. */
  readonly signal?: AbortSignal | undefined
  /** How often a watch looks by itself, in milliseconds; 1,000 if absent. */
  readonly watchIntervalMs?: number | undefined
}

/** The settings with their defaults. */
export interface ResolvedSettings {
  readonly schema: string
  readonly poolSize: number
  readonly callMs: number
  readonly connectMs: number
  readonly create: boolean
  readonly durability: DurabilityClass | undefined
  readonly isPooled: boolean | undefined
  readonly groupSize: number
  readonly commitConnections: number
  readonly watchIntervalMs: number
}

/** @throws {NexusError} InvalidConfig naming the option */
export function resolveSettings(settings: PostgresSettings): ResolvedSettings {
  const poolSize = whole('poolSize', settings.poolSize ?? 10, 1, 1000)
  return {
    schema: schemaName(settings.schema ?? 'nexus'),
    poolSize,
    callMs: whole('timeouts.call', settings.timeouts?.call ?? 30_000, 1, 86_400_000),
    connectMs: whole('timeouts.connect', settings.timeouts?.connect ?? 5_000, 1, 600_000),
    create: settings.create ?? true,
    durability: settings.durability,
    isPooled: settings.isPooled,
    groupSize: whole('groupSize', settings.groupSize ?? 64, 1, 1000),
    commitConnections: whole('commitConnections', settings.commitConnections ?? Math.min(2, poolSize), 1, poolSize),
    watchIntervalMs: whole('watchIntervalMs', settings.watchIntervalMs ?? 1_000, 10, 3_600_000),
  }
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new NexusError('InvalidConfig', `postgres: ${name} is a whole number from ${least} to ${most}, not ${value}`)
}

/** No character that would need quoting inside quotes; PostgreSQL would cut a longer name. */
const schemaPattern = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/

function schemaName(name: string): string {
  if (schemaPattern.test(name) && !name.startsWith('pg_')) return name
  const rule = 'a schema has 1 to 63 letters, digits, _ and -, begins with a letter or _, and not with pg_'
  throw new NexusError('InvalidConfig', `postgres: "${name}" cannot be the schema`, { advice: rule })
}
