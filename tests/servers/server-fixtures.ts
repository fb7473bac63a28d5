import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalBackend, type MetadataStore, NexusFS, type NexusFSOptions, type StorageBackend } from 'nexusfs'
import { type PostgresSettings, PostgresStore } from 'nexusfs/postgres'
import { RedisStore, type Timeouts } from 'nexusfs/redis'
import { requireOrSkip, requireOwnOrSkip } from '../../services/require-or-skip.ts'
import type { OwnServer, RunningService } from '../../services/service.ts'

export type ServerKind = 'postgres' | 'redis'

/** Local blobs and a metadata store on a server: a schema or a prefix of its own, which goes with the scope. */
export interface ServerFixture extends AsyncDisposable {
  readonly kind: ServerKind
  readonly folder: string
  /** Names the server and the fixture on it; other processes open the store with it. */
  readonly url: string
  /** A further client, as another process would be; closed with the fixture. */
  open(options?: OpenFixtureOptions): Promise<NexusFS>
}

export interface OpenFixtureOptions extends Partial<Omit<NexusFSOptions, 'storage' | 'metadata'>>, StoreSettings {
  readonly overMetadata?: ((store: MetadataStore) => MetadataStore) | undefined
  readonly overStorage?: ((backend: StorageBackend) => StorageBackend) | undefined
  /** Another way to the same server: through a proxy. */
  readonly through?: { readonly port: number } | undefined
}

export interface StoreSettings {
  readonly postgres?: PostgresSettings | undefined
  readonly redisTimeouts?: Timeouts | undefined
  readonly acceptDataLoss?: boolean | undefined
}

/** The server that the tests of this process share; `undefined` where there is none. */
export function sharedServer(kind: ServerKind | 'pgbouncer'): Promise<RunningService | undefined> {
  return requireOrSkip(kind)
}

/** A server that the test may crash, and must stop; `undefined` where it is not installed. */
export async function ownServer(
  kind: ServerKind,
  settings: Readonly<Record<string, string>> = {},
): Promise<(RunningService & { readonly own: OwnServer }) | undefined> {
  const service = await requireOwnOrSkip(kind, { settings })
  return service?.own === undefined ? undefined : { ...service, own: service.own }
}

export async function serverFixture(kind: ServerKind, server: string): Promise<ServerFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-servers-'))
  const url = fixtureUrl(kind, server)
  const opened: NexusFS[] = []
  return {
    kind,
    folder,
    url,
    open: async (options = {}) => {
      const fs = await openFixture({ kind, folder, url }, options)
      opened.push(fs)
      return fs
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(opened.map((fs) => fs.close()))
      await drop(kind, url)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What another process needs to open the same store. */
export type FixtureName = Pick<ServerFixture, 'kind' | 'folder' | 'url'>

/** Blobs in class `os`: what is tested here is the server. */
export async function openFixture(fixture: FixtureName, options: OpenFixtureOptions = {}): Promise<NexusFS> {
  const { overMetadata, overStorage, through, postgres, redisTimeouts, acceptDataLoss, ...rest } = options
  const metadata = await openStore(fixture, { through, postgres, redisTimeouts, acceptDataLoss })
  const storage = await LocalBackend.open({ root: fixture.folder, durability: 'os' })
  return NexusFS.open({
    author: 'ann',
    ...rest,
    metadata: overMetadata?.(metadata) ?? metadata,
    storage: overStorage?.(storage) ?? storage,
  })
}

export async function openStore(
  { kind, url }: Pick<ServerFixture, 'kind' | 'url'>,
  { through, postgres = {}, redisTimeouts, acceptDataLoss }: StoreSettings & Pick<OpenFixtureOptions, 'through'> = {},
): Promise<MetadataStore> {
  const way = through === undefined ? url : withPort(url, through.port)
  if (kind === 'postgres') return PostgresStore.open({ ...postgres, url: way })
  return RedisStore.open({ url: way, timeouts: redisTimeouts, acceptDataLoss })
}

/** A name that no other fixture has. */
export function fixtureUrl(kind: ServerKind, server: string): string {
  const name = `nexus-test-${randomBytes(6).toString('hex')}`
  const url = new URL(server)
  url.searchParams.set(kind === 'postgres' ? 'schema' : 'prefix', kind === 'postgres' ? name : `${name}:`)
  return url.href
}

export async function drop(kind: ServerKind, url: string): Promise<void> {
  if (kind === 'postgres') await PostgresStore.drop({ url })
  else await RedisStore.drop({ url, acceptDataLoss: true })
}

function withPort(text: string, port: number): string {
  const url = new URL(text)
  url.port = String(port)
  return url.href
}
