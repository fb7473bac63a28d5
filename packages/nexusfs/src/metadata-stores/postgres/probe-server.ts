import type { DurabilityClass } from '../../core/durability.ts'
import type { PostgresOptions } from './options.ts'
import { durabilityOf } from './server-facts.ts'
import { server, settingsOf } from './store-session.ts'

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
    await connection.query({ operation: 'metadata.probe', text: 'SELECT 1', timeoutMs: settings.connectTimeoutMs })
    const rttMs = performance.now() - begin
    return { durability: durabilityOf(connection.facts), settings: settingsOf(connection.facts, connection.isPooled), rttMs }
  } finally {
    await connection.close()
  }
}
