import { weakerDurability } from '../../core/durability.ts'
import { throwIfAborted } from '../../core/errors.ts'
import { orAborted } from '../../engine-kit/deadline.ts'
import { HighWaterMark } from '../../engine-kit/high-water-mark.ts'
import { type MetadataStoreInfo, metadataPortVersion } from '../../metadata/metadata-store.ts'
import { Connection, type ConnectionPlan } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import { locationOf, readTarget } from './connection-target.ts'
import { loadDriver } from './driver.ts'
import { type PostgresOptions, type ResolvedSettings, resolveSettings } from './options.ts'
import { prepareSchema } from './prepare-schema.ts'
import { type Statements, statementsFor } from './schema.ts'
import { durabilityOf, refuseUnsuitable, type ServerFacts } from './server-check.ts'

/** An open store: what its calls need. */
export interface StoreSession {
  readonly settings: ResolvedSettings
  readonly statements: Statements
  /** The oid of the schema. */
  readonly store: number
  /** Where notices of commits go. */
  readonly channel: string
  readonly isPooled: boolean
  readonly pool: ConnectionPool<Connection>
  readonly seen: HighWaterMark
  /** The highest time in a reply, in ms: what commits are dated by. */
  readonly told: { time: number }
  readonly info: MetadataStoreInfo
  /** A connection of its own that listens to the channel; `undefined` behind a pooler. */
  listen(): Promise<Connection | undefined>
}

export async function openSession(options: PostgresOptions): Promise<StoreSession> {
  const { settings, location, connect } = await server(options)
  const first = await connect(options.signal)
  try {
    const store = await prepareSchema(first, { ...settings, location, timeoutMs: settings.callMs })
    throwIfAborted(options.signal, 'metadata.open', 'none')
    return begin({ settings, location, first, store, connect })
  } catch (error) {
    await first.close()
    throw error
  }
}

/** Where the options point to, and how to connect to it. */
export interface Server {
  readonly settings: ResolvedSettings
  readonly location: string
  /** A connection to a server that is fit. */
  connect(signal?: AbortSignal): Promise<Connection>
}

export async function server(options: PostgresOptions): Promise<Server> {
  const { target, settings: given } = readTarget(options)
  const settings = resolveSettings(given)
  const location = locationOf(target, settings.schema)
  const plan: ConnectionPlan = { ...settings, driver: await loadDriver(), target, location }
  return { settings, location, connect: (signal) => connectFit(plan, signal) }
}

async function connectFit(plan: ConnectionPlan, signal: AbortSignal | undefined): Promise<Connection> {
  let opening: Promise<Connection> | undefined
  const open = (): Promise<Connection> => {
    opening = Connection.open(plan)
    return opening
  }
  const connection = await orAborted(open, signal, 'metadata.open').catch((error: unknown) => {
    // A connection that comes too late is ended.
    void opening?.then((late) => late.close(), ignore)
    throw error
  })
  try {
    refuseUnsuitable(connection.facts, { ...plan, isPooled: connection.isPooled })
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

interface Beginning {
  readonly settings: ResolvedSettings
  readonly location: string
  readonly first: Connection
  readonly store: number
  connect(): Promise<Connection>
}

function begin({ settings, location, first, store, connect }: Beginning): StoreSession {
  let durability = durabilityOf(first.facts)
  const known = async (opening: Promise<Connection>): Promise<Connection> => {
    const connection = await opening
    durability = weakerDurability(durability, durabilityOf(connection.facts))
    return connection
  }
  const pool = new ConnectionPool({ size: settings.poolSize, location, open: () => known(connect()) })
  pool.adopt(first)
  const statements = statementsFor(settings.schema)
  const channel = `nexus_${store}`
  const fixed = fixedInfo(first, location)
  return {
    settings,
    statements,
    store,
    channel,
    isPooled: first.isPooled,
    pool,
    seen: new HighWaterMark(),
    told: { time: 0 },
    get info() {
      return { ...fixed, durability }
    },
    listen: () => (first.isPooled ? Promise.resolve(undefined) : listen(connect, { statements, store, channel, settings })),
  }
}

type ListenPlan = Pick<StoreSession, 'statements' | 'store' | 'channel' | 'settings'>

async function listen(connect: () => Promise<Connection>, plan: ListenPlan): Promise<Connection> {
  const connection = await connect()
  try {
    const call = { operation: 'metadata.watch', timeoutMs: plan.settings.callMs }
    await connection.query({ ...call, text: `LISTEN "${plan.channel}"` })
    await connection.query({ ...call, text: plan.statements.announceListener, values: [plan.store] })
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

function fixedInfo({ facts, isPooled }: Connection, location: string): Omit<MetadataStoreInfo, 'durability'> {
  return {
    name: 'postgres',
    portVersion: metadataPortVersion,
    isShared: true,
    location,
    preferredInlineBytes: 8_192,
    capabilities: { watch: true, witness: true },
    settings: settingsOf(facts, isPooled),
  }
}

/** What is worth recording beside a measurement. */
export function settingsOf(facts: ServerFacts, isPooled: boolean): Readonly<Record<string, string>> {
  return {
    server: facts.versionText,
    synchronous_commit: facts.synchronousCommit,
    synchronous_standby_names: facts.synchronousStandbys,
    fsync: facts.fsync,
    pooled: String(isPooled),
  }
}

function ignore(): void {}
