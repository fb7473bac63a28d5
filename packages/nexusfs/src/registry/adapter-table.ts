import { NexusError } from '../core/errors.ts'
import { didYouMean } from '../core/near-miss.ts'
import type { MetadataRegistration, Registration, StorageRegistration } from '../engine-kit/registration.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { builtInMetadata, builtInStorages } from './built-in-adapters.ts'
import type { ConfiguredAdapter } from './config.ts'
import type { LoadedConfig } from './load-config.ts'

/** Every adapter by name, those that come with Nexus first. */
export interface AdapterTables {
  readonly storages: Readonly<Record<string, StorageRegistration>>
  readonly metadata: Readonly<Record<string, MetadataRegistration>>
}

/**
 * The tables of the built-in adapters and those of a config.
 * @throws {NexusError} InvalidConfig if the config takes a name or scheme that is taken
 */
export function adapterTables(loaded: LoadedConfig | undefined): AdapterTables {
  return {
    storages: joinTables('storages', builtInStorages, loaded?.config.storages, loaded?.file),
    metadata: joinTables('metadata', builtInMetadata, loaded?.config.metadata, loaded?.file),
  }
}

/** Finds who answers to a name or a scheme; `undefined` if nobody does. */
export function findAdapter<Port extends StorageBackend | MetadataStore>(
  table: Readonly<Record<string, Registration<Port>>>,
  scheme: string,
): Registration<Port> | undefined {
  if (Object.hasOwn(table, scheme)) return table[scheme]
  return Object.values(table).find((adapter) => adapter.schemes?.includes(scheme))
}

/** The error for a scheme that nobody answers to, naming those there are. */
export function unknownScheme(what: string, scheme: string, table: Readonly<Record<string, unknown>>): NexusError {
  const known = Object.keys(table)
  const advice = `known: ${known.map((name) => `${name}:`).join(', ')}; a path with a colon begins with ./`
  return new NexusError('InvalidArgument', `no ${what} has the scheme "${scheme}:"${didYouMean(scheme, known)}`, {
    advice,
  })
}

function joinTables<Port extends StorageBackend | MetadataStore>(
  key: 'storages' | 'metadata',
  builtIn: Readonly<Record<string, Registration<Port>>>,
  configured: Readonly<Record<string, ConfiguredAdapter<Port>>> | undefined,
  file = 'nexus.config',
): Readonly<Record<string, Registration<Port>>> {
  const table: Record<string, Registration<Port>> = { ...builtIn }
  for (const [name, adapter] of Object.entries(configured ?? {})) {
    const taken = [name, ...(adapter.schemes ?? [])].find((scheme) => findAdapter(table, scheme) !== undefined)
    if (taken !== undefined) {
      const problem = `"${taken}" is the name of an adapter that is there already; choose another`
      throw new NexusError('InvalidConfig', `${file} at ${key}.${name}: ${problem}`, { context: { file, key: `${key}.${name}` } })
    }
    table[name] = bind(name, adapter)
  }
  return table
}

/** Fills the defaults; methods stay bound to the object that the config gave. */
function bind<Port extends StorageBackend | MetadataStore>(name: string, adapter: ConfiguredAdapter<Port>): Registration<Port> {
  const { label = name, schemes, env, traits } = adapter
  return {
    label,
    schemes,
    env,
    traits: { ...traits, remote: traits.remote ?? false },
    open: (context) => adapter.open(context),
    ...(adapter.probe && { probe: adapter.probe.bind(adapter) }),
    ...(adapter.dispose && { dispose: adapter.dispose.bind(adapter) }),
    ...(adapter.openUri && { openUri: adapter.openUri.bind(adapter) }),
    ...(adapter.abandon && { abandon: adapter.abandon.bind(adapter) }),
  }
}
