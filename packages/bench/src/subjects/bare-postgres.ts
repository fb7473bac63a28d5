import { NexusError } from '../library.ts'
import type { BarePlace, BareServer } from './bare-server.ts'

const connections = 50

/** One table, a connection for each writer, and four statements for each record: what a program does that knows no better. */
export async function openBarePostgres({ env, namespace }: BarePlace): Promise<BareServer> {
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw new NexusError('MissingDependency', 'the package pg is missing', { advice: 'run `npm install pg`', cause })
  })
  const connectionString = env.NEXUS_DATABASE_URL || env.POSTGRES_URL
  if (connectionString === undefined) throw new NexusError('InvalidConfig', 'set NEXUS_DATABASE_URL or POSTGRES_URL')
  const pool = new pg.Pool({ connectionString, max: connections })
  // A connection that ends while nobody uses it is replaced by the next.
  pool.on('error', () => {})
  const schema = `"nexus-${namespace}"`
  await pool.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
  await pool.query(`CREATE TABLE IF NOT EXISTS ${schema}.bare (key text PRIMARY KEY, value bytea NOT NULL)`)
  const find = { name: 'bare_find', text: `SELECT value FROM ${schema}.bare WHERE key = $1` }
  const insert = { name: 'bare_insert', text: `INSERT INTO ${schema}.bare (key, value) VALUES ($1, $2)` }
  return {
    insert: (key, value) => insertInTransaction(pool, { find, insert }, key, value),
    find: async (key) => (await pool.query({ ...find, values: [key] })).rows[0]?.value,
    count: async () => Number((await pool.query(`SELECT count(*) AS count FROM ${schema}.bare`)).rows[0]?.count),
    remove: async () => void (await pool.query(`DROP SCHEMA ${schema} CASCADE`)),
    close: () => pool.end(),
  }
}

interface Statements {
  readonly find: { readonly name: string; readonly text: string }
  readonly insert: { readonly name: string; readonly text: string }
}

/** What is used of a pool of the client. */
interface Connections {
  connect(): Promise<{
    query(query: string | { name: string; text: string; values: unknown[] }): Promise<{ rowCount: number | null }>
    release(isBroken?: boolean): void
  }>
}

async function insertInTransaction(
  pool: Connections,
  { find, insert }: Statements,
  key: string,
  value: Uint8Array,
): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const { rowCount } = await client.query({ ...find, values: [key] })
    if (rowCount !== 0) throw new NexusError('AlreadyExists', `${key} is there already`)
    await client.query({ ...insert, values: [key, value] })
    await client.query('COMMIT')
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  }
}
