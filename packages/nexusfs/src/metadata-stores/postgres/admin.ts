import type { DurabilityClass } from '../../core/durability.ts'
import { isNexusError } from '../../core/errors.ts'
import type { PostgresOptions } from './options.ts'
import { durabilityOf } from './server-check.ts'
import { quoteSchema } from './sql-names.ts'
import { server, settingsOf } from './store-session.ts'

/** Removes what a store has made in its schema, and nothing else; then the schema, if it is empty. */
export async function dropStore(options: PostgresOptions): Promise<void> {
  const { settings, connect } = await server(options)
  const connection = await connect(options.signal)
  const schema = quoteSchema(settings.schema)
  const run = async (text: string): Promise<void> => {
    await connection.query({ operation: 'metadata.drop', text, timeoutMs: settings.callMs })
  }
  try {
    await run(`
      DROP FUNCTION IF EXISTS ${schema}.commit_v1, ${schema}.read_v1, ${schema}.horizon_v1;
      DROP TABLE IF EXISTS ${schema}.entry, ${schema}.version;
      DROP SEQUENCE IF EXISTS ${schema}.revision, ${schema}.clock`)
    await run(`DROP SCHEMA IF EXISTS ${schema}`).catch(unlessInUse)
  } finally {
    await connection.close()
  }
}

/** The schema holds something else, or belongs to somebody else: it stays. */
function unlessInUse(error: unknown): void {
  if (!isNexusError(error) || !['2BP01', '42501'].includes(String(error.context.sqlState))) throw error
}

/** What a server that could be used says of itself. */
export interface PostgresProbe {
  readonly durability: DurabilityClass
  readonly settings: Readonly<Record<string, string>>
  /** One round trip, in milliseconds. */
  readonly rttMs: number
}

export async function probeServer(options: PostgresOptions): Promise<PostgresProbe> {
  const { settings, connect } = await server(options)
  const connection = await connect(options.signal)
  try {
    const begin = performance.now()
    await connection.query({ operation: 'metadata.probe', text: 'SELECT 1', timeoutMs: settings.connectMs })
    const rttMs = performance.now() - begin
    return { durability: durabilityOf(connection.facts), settings: settingsOf(connection.facts, connection.isPooled), rttMs }
  } finally {
    await connection.close()
  }
}
