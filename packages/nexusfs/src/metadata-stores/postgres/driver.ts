import type { Client, ClientConfig, QueryArrayResult } from 'pg'
import { NexusError } from '../../core/errors.ts'
import type { ConnectionTarget } from './connection-target.ts'

/** What this adapter uses of a client of `pg`. */
export interface DriverClient {
  /** The number by which the server knows the connection; a pooler makes one up. Known once connected. */
  processId(): number
  connect(): Promise<unknown>
  /** The rows of the last statement in it. */
  query(query: DriverQuery): Promise<readonly (readonly (string | null)[])[]>
  /** Without a query under way: says goodbye. With one: cuts the connection. */
  end(): Promise<void>
  /** At the end of the connection, also with a reason. */
  onEnd(listener: () => void): void
  onNotification(listener: () => void): void
}

interface DriverQuery {
  readonly text: string
  readonly values?: readonly unknown[]
  readonly name?: string
}

export interface Driver {
  client(target: ConnectionTarget, connectMs: number): DriverClient
}

/**
 * `pg`, loaded the first time a store is opened.
 * @throws {NexusError} MissingDependency if it is not installed
 */
export async function loadDriver(): Promise<Driver> {
  const pg = await loadPackage()
  return { client: (target, connectMs) => wrap(new pg.Client(clientConfig(target, connectMs))) }
}

async function loadPackage(): Promise<Pick<typeof import('pg'), 'Client'>> {
  // A bundler takes an import inside `try` for one that may be missing, and goes on without the package.
  try {
    return (await import('pg')).default
  } catch (cause) {
    const message = 'the PostgreSQL store needs the package pg'
    throw new NexusError('MissingDependency', message, { advice: 'install it: npm install pg', cause })
  }
}

function wrap(client: Client): DriverClient {
  return {
    processId: () => Number(Reflect.get(client, 'processID') ?? 0),
    connect: () => client.connect(),
    query: async ({ text, values, name }) => {
      const result: QueryArrayResult | QueryArrayResult[] = await client.query({
        text,
        ...(values === undefined ? {} : { values: [...values] }),
        ...(name === undefined ? {} : { name }),
        rowMode: 'array',
        types: asText,
      })
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? []
    },
    end: () => endWithin(client, goodbyeMs),
    // An unheard error event would end the process.
    onEnd: (listener) => void client.on('error', listener).on('end', listener),
    onNotification: (listener) => void client.on('notification', listener),
  }
}

/** How long the answer to a goodbye is waited for, in ms: a server that says nothing any more does not answer it either. */
const goodbyeMs = 1_000

async function endWithin(client: Client, ms: number): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), ms)
  try {
    await client.end()
  } finally {
    clearTimeout(timer)
  }
}

/** Values as they come; this adapter reads them itself. */
const asText = { getTypeParser: () => (text: string) => text }

function clientConfig(target: ConnectionTarget, connectMs: number): ClientConfig {
  return {
    ...(target.host === undefined ? {} : { host: target.host }),
    ...(target.port === undefined ? {} : { port: target.port }),
    ...(target.database === undefined ? {} : { database: target.database }),
    ...(target.user === undefined ? {} : { user: target.user }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ssl: target.ssl,
    enableChannelBinding: target.isChannelBound,
    application_name: 'nexus',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
  }
}
