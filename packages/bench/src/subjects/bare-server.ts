import { NexusError } from '../library.ts'

/** A server driven by hand, as a program does that needs one small record written or found and no file system. */
export interface BareServer {
  /** Adds a record that is not there yet, as safely as the server can in one step of its own. */
  insert(key: string, value: Uint8Array): Promise<void>
  /** Finds a record by its key. */
  find(key: string): Promise<Uint8Array | undefined>
  count(): Promise<number>
  /** Removes all records; nothing is used afterwards. */
  remove(): Promise<void>
  close(): Promise<void>
}

export interface BarePlace {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of a schema, or the prefix of keys; `[a-z0-9-]{1,40}`. */
  readonly namespace: string
}

type OpenBareServer = (location: BarePlace) => Promise<BareServer>

/** By the name of the metadata store that stands on the same server. */
const openers: Readonly<Record<string, () => Promise<OpenBareServer>>> = {
  postgres: async () => (await import('./bare-postgres.ts')).openBarePostgres,
  redis: async () => (await import('./bare-redis.ts')).openBareRedis,
}

/** @throws {NexusError} InvalidArgument for a store whose server is not known; or as the client of the server */
export async function openBareServer(name: string, location: BarePlace): Promise<BareServer> {
  const opener = openers[name]
  if (opener === undefined) throw new NexusError('InvalidArgument', `nobody drives the server of "${name}" by hand`)
  return (await opener())(location)
}
