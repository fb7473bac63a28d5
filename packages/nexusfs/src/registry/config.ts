import type { DurabilityClass } from '../core/durability.ts'
import type { AdapterTraits, Registration } from '../engine-kit/registration.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

/**
 * The content of a `nexus.config.ts`, `.mjs` or `.json`: one configuration for the library, the `nexus` command and the benchmarks.
 * Relative paths begin at the folder of the file.
 */
export interface NexusConfig {
  /** The store that is used where none is named: a name out of `stores`, a folder, or a location. */
  readonly store?: string | ConfiguredStore | undefined
  /** Stores by name, each a folder or a location. A name has letters, digits, `.`, `_` and `-`, and no slash. */
  readonly stores?: Readonly<Record<string, string | ConfiguredStore>> | undefined
  /** Storage backends by name, which is also the scheme of their URIs: 2 to 32 lower-case letters and digits. */
  readonly storages?: Readonly<Record<string, ConfiguredAdapter<StorageBackend>>> | undefined
  /** Metadata stores by name, as `storages`. */
  readonly metadata?: Readonly<Record<string, ConfiguredAdapter<MetadataStore>>> | undefined
  readonly combos?: ConfiguredCombos | undefined
}

/** Both layers of a store, as URIs. */
export interface ConfiguredStore {
  readonly storage: string
  readonly metadata: string
  /** The author of its commits where neither the call nor `NEXUS_AUTHOR` names one. */
  readonly author?: string | undefined
  readonly durability?: DurabilityClass | undefined
  /** True = only read; default: false. */
  readonly readOnly?: boolean | undefined
}

/** A registration whose label may be left out (its name) and whose traits are local unless they say `remote`. */
export interface ConfiguredAdapter<Port extends StorageBackend | MetadataStore>
  extends Omit<Registration<Port>, 'label' | 'traits'> {
  readonly label?: string | undefined
  readonly traits: Omit<AdapterTraits, 'remote'> & { readonly remote?: boolean | undefined }
}

export interface ConfiguredCombos {
  /** Ids of combinations that are left out. */
  readonly exclude?: readonly string[] | undefined
  readonly extra?: readonly ConfiguredCombo[] | undefined
}

/** A combination under a name of its own. */
export interface ConfiguredCombo {
  readonly name: string
  /** Names of a registered storage backend and a registered metadata store. */
  readonly storage: string
  readonly metadata: string
}

/**
 * The config itself: the call only gives it its type.
 * @example
 * export default defineConfig({ store: 'team', stores: { team: './data' } })
 */
export function defineConfig(config: NexusConfig): NexusConfig {
  return config
}
