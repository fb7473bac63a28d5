import { isNexusError, NexusError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'
import { migrations, schemaVersion } from './schema.ts'
import { quoteSchema } from './sql-names.ts'

export interface SchemaNeed {
  readonly schema: string
  readonly create: boolean
  readonly location: string
  readonly timeoutMs: number
}

/**
 * Finds the store in its schema; makes or migrates it if asked to. All steps of a migration are one transaction under one lock: a crash
 * leaves the old version whole, and of several clients that open at once one migrates and the others wait.
 *
 * @returns the oid of the schema, which names this store in the server's table of locks
 * @throws {NexusError} NotFound if there is none and `create` is false, Unsupported if a newer Nexus has made it, PermissionDenied
 */
export async function prepareSchema(connection: Connection, need: SchemaNeed): Promise<number> {
  const found = await lookUp(connection, need)
  if (found?.version === schemaVersion) return found.store
  if (found === undefined && !need.create) {
    throw new NexusError('NotFound', `postgres: there is no store at ${need.location}`, {
      advice: 'open it with create: true to make one',
    })
  }
  refuseNewer(found?.version ?? 0, need)
  await inTransaction(connection, need, () => migrate(connection, need))
  const made = await lookUp(connection, need)
  if (made === undefined)
    throw new NexusError('Unexpected', `postgres: the store at ${need.location} was removed while it was opened`)
  return made.store
}

interface FoundSchema {
  readonly version: number
  readonly store: number
}

async function lookUp(connection: Connection, need: SchemaNeed): Promise<FoundSchema | undefined> {
  const schema = quoteSchema(need.schema)
  const text = `SELECT max(version), '${schema}'::regnamespace::oid::int8 FROM ${schema}.version`
  try {
    const [row] = await connection.query({ operation: 'metadata.open', text, timeoutMs: need.timeoutMs })
    return { version: Number(row?.[0] ?? 0), store: Number(row?.[1]) }
  } catch (error) {
    if (isNexusError(error) && isAbsent(error)) return undefined
    throw error
  }
}

/** No such table, or no such schema. */
function isAbsent(error: NexusError): boolean {
  return error.context.sqlState === '42P01' || error.context.sqlState === '3F000'
}

function refuseNewer(version: number, need: SchemaNeed): void {
  if (version <= schemaVersion) return
  const text = `the store has format ${version}, this Nexus knows up to ${schemaVersion}; update Nexus`
  throw new NexusError('Unsupported', `postgres: ${text}, at ${need.location}`)
}

async function inTransaction(connection: Connection, need: SchemaNeed, work: () => Promise<void>): Promise<void> {
  const run = (text: string): Promise<unknown> =>
    connection.query({ operation: 'metadata.open', text, timeoutMs: need.timeoutMs })
  await run('BEGIN ISOLATION LEVEL READ COMMITTED')
  try {
    await work()
    await run('COMMIT')
  } catch (error) {
    await run('ROLLBACK').catch(() => connection.close())
    throw error
  }
}

async function migrate(connection: Connection, need: SchemaNeed): Promise<void> {
  const schema = quoteSchema(need.schema)
  const run = (text: string, values?: readonly unknown[]): Promise<readonly (readonly (string | null)[])[]> =>
    connection.query({ operation: 'metadata.open', text, timeoutMs: need.timeoutMs, ...(values === undefined ? {} : { values }) })
  await run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`nexus migration of ${need.schema}`])
  // Only an absent schema is made: a role that was given one needs no right to make schemas.
  const [there] = await run('SELECT to_regnamespace($1) IS NOT NULL, to_regclass($2) IS NOT NULL', [schema, `${schema}.version`])
  if (there?.[0] !== 't') await run(`CREATE SCHEMA ${schema}`)
  if (there?.[1] !== 't') {
    await run(`CREATE TABLE ${schema}.version (version int4 PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`)
  }
  const [row] = await run(`SELECT coalesce(max(version), 0) FROM ${schema}.version`)
  const version = Number(row?.[0])
  refuseNewer(version, need)
  for (const [step, migration] of migrations.entries()) {
    if (step < version) continue
    await run(migration(schema))
    await run(`INSERT INTO ${schema}.version (version) VALUES ($1)`, [step + 1])
  }
}
