import type { DurabilityClass } from '../core/durability.ts'
import { isNexusError, NexusError } from '../core/errors.ts'
import { redactSecrets } from '../engine-kit/redact.ts'
import type { Environment, Registration } from '../engine-kit/registration.ts'
import { parseUri } from '../engine-kit/uri.ts'
import { checkMetadataStore, checkStorageBackend, closeQuietly } from '../fs/open/check-layers.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { adapterTables, findAdapter, unknownScheme } from './adapter-table.ts'
import { builtInMetadata, builtInStorages } from './built-in-adapters.ts'
import type { LoadedConfig } from './load-config.ts'

export interface OpenPortContext {
  readonly cwd: string
  readonly env: Environment
  readonly durability: DurabilityClass | undefined
  readonly create: boolean
  readonly readOnly?: boolean | undefined
  readonly signal: AbortSignal | undefined
  /** Asked only for a scheme that no built-in adapter has. */
  readonly config: () => Promise<LoadedConfig | undefined>
}

/** An adapter that has been found and not been opened yet. */
export interface PortSource<Port> {
  /** True if calls cross a network. */
  readonly isRemote: boolean
  open(context: OpenPortContext): Promise<Port>
  /** Closes what `open` gave, and takes back what it made for it. */
  abandon(port: Port): Promise<void>
}

/**
 * Finds the storage backend that a URI names: `local:DIR`, `file:DIR`, a bare path, `memory:NAME`, `s3://BUCKET`, `gs://BUCKET`,
 * `azure://CONTAINER`, or the scheme of a config.
 * @throws {NexusError} InvalidArgument for an unknown scheme; opening throws Unsupported for a port of another version, or what the
 * adapter throws
 */
export async function findStorage(uri: string, config: OpenPortContext['config']): Promise<PortSource<StorageBackend>> {
  const scheme = parseUri(uri).scheme ?? 'local'
  const builtIn = findAdapter(builtInStorages, scheme)
  const table = builtIn === undefined ? adapterTables(await config()).storages : builtInStorages
  const adapter = builtIn ?? findAdapter(table, scheme)
  if (adapter === undefined) throw unknownScheme('storage backend', scheme, table)
  return sourceOf(adapter, (context) => openWith('storage backend', adapter, uri, checkStorageBackend, context))
}

/**
 * Finds the metadata store that a URI names: `sqlite:FILE`, a bare path, `memory:NAME`, or the scheme of a config.
 * @throws {NexusError} as `findStorage`
 */
export async function findMetadata(uri: string, config: OpenPortContext['config']): Promise<PortSource<MetadataStore>> {
  const scheme = parseUri(uri).scheme ?? 'sqlite'
  const builtIn = findAdapter(builtInMetadata, scheme)
  const table = builtIn === undefined ? adapterTables(await config()).metadata : builtInMetadata
  const adapter = builtIn ?? findAdapter(table, scheme)
  if (adapter === undefined) throw unknownScheme('metadata store', scheme, table)
  return sourceOf(adapter, (context) => openWith('metadata store', adapter, uri, checkMetadataStore, context))
}

function sourceOf<Port extends StorageBackend | MetadataStore>(
  { traits, abandon }: Registration<Port>,
  open: PortSource<Port>['open'],
): PortSource<Port> {
  return { isRemote: traits.remote, open, abandon: abandon ?? ((port) => port.close()) }
}

type PortCheck = (operation: string, given: unknown) => void

async function openWith<Port extends StorageBackend | MetadataStore>(
  what: string,
  adapter: Registration<Port>,
  uri: string,
  check: PortCheck,
  { cwd, env, durability, create, readOnly, signal }: OpenPortContext,
): Promise<Port> {
  const shown = redactSecrets(uri)
  if (adapter.openUri === undefined) {
    throw new NexusError(
      'Unsupported',
      `${what} ${shown}: ${adapter.label} has no URIs, it serves benchmarks and conformance only`,
    )
  }
  try {
    const port = await adapter.openUri(uri, { cwd, env, durability, create, readOnly, signal })
    await checkMembers(shown, check, port)
    return port
  } catch (cause) {
    if (isNexusError(cause)) throw cause
    const problem = redactSecrets(cause instanceof Error ? cause.message : String(cause))
    throw new NexusError('Unexpected', `${what} ${shown}: it cannot be opened: ${problem}`, { cause })
  }
}

async function checkMembers(uri: string, check: PortCheck, port: StorageBackend | MetadataStore): Promise<void> {
  try {
    check(uri, port)
  } catch (error) {
    await closeQuietly(port)
    throw error
  }
}
