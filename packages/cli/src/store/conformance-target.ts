import { join } from 'node:path'
import type { MetadataStore, StorageBackend } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { didYouMean, findAdapter, parseUri, type Registration, type Registry } from 'nexusfs/registry'

/** The adapters that a word on the command line names; either may be absent, not both. */
export interface ConformanceTarget {
  readonly storage: AdapterNamespace<StorageBackend> | undefined
  readonly metadata: AdapterNamespace<MetadataStore> | undefined
}

/** An adapter, and where to make its namespaces. */
export interface AdapterNamespace<Port extends StorageBackend | MetadataStore> {
  readonly name: string
  readonly adapter: Registration<Port>
  /** Where it likes, if absent. */
  readonly uri: string | undefined
}

/**
 * What is put to the test: an adapter by name (`sqlite`), one at a location (`local:DIR`), or both layers of a store of the config.
 * @throws {NexusError} InvalidArgument if nobody has that name
 */
export function findTarget(text: string, registry: Registry): ConformanceTarget {
  const { storage, metadata } = layersOf(text, registry)
  const target = { storage: namespaceIn(registry.storages, storage), metadata: namespaceIn(registry.metadata, metadata) }
  if (target.storage !== undefined || target.metadata !== undefined) return target
  const known = [...new Set([registry.storages, registry.metadata, registry.config.stores ?? {}].flatMap(Object.keys))]
  const guess = didYouMean(parseUri(text).scheme ?? text, known)
  throw new NexusError(
    'InvalidArgument',
    `no adapter is called "${text}"${guess}; known: ${known.join(', ')}; one of your own is registered in a nexus.config`,
  )
}

function layersOf(text: string, { config }: Registry): { readonly storage: string; readonly metadata: string } {
  const store = Object.hasOwn(config.stores ?? {}, text) ? config.stores?.[text] : undefined
  if (store === undefined) return { storage: text, metadata: text }
  return typeof store === 'string' ? { storage: `local:${store}`, metadata: `sqlite:${join(store, 'meta.db')}` } : store
}

function namespaceIn<Port extends StorageBackend | MetadataStore>(
  table: Readonly<Record<string, Registration<Port>>>,
  text: string,
): AdapterNamespace<Port> | undefined {
  const { scheme = text, rest } = parseUri(text)
  const adapter = findAdapter(table, scheme)
  const namesLocation = scheme !== text && rest !== ''
  return adapter === undefined ? undefined : { name: scheme, adapter, uri: namesLocation ? text : undefined }
}
