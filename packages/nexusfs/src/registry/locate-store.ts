import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DurabilityClass } from '../core/durability.ts'
import { NexusError } from '../core/errors.ts'
import { didYouMean } from '../core/near-miss.ts'
import { redactSecrets } from '../engine-kit/redact.ts'
import type { Environment } from '../engine-kit/registration.ts'
import { parseUri, pathOfUri } from '../engine-kit/uri.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import type { ConfiguredStore } from './config.ts'
import type { LoadedConfig } from './load-config.ts'
import { foldersUp, refuseForeign } from './search-up.ts'

/** Which store is asked for; nothing at all means the one that is found from the working directory. */
export interface StoreRequest {
  /** A folder, or a name out of `stores` in the config. */
  readonly store?: string | undefined
  /** Both layers, each as a URI or already open. */
  readonly storage?: string | StorageBackend | undefined
  readonly metadata?: string | MetadataStore | undefined
}

export interface Surroundings {
  readonly cwd: string
  readonly env: Environment
  /** Loads the nearest config, at most once; called only if the answer depends on it. */
  readonly config: () => Promise<LoadedConfig | undefined>
}

export interface LocatedStore {
  readonly location: StoreLocation
  /** What decided: `NEXUS_STORE`, `the nearest .nexus folder`. */
  readonly why: string
  /** Its name in the config, if it was asked for by that. */
  readonly name?: string | undefined
  /** Defaults that come with it. */
  readonly author?: string | undefined
  readonly durability?: DurabilityClass | undefined
  readonly readOnly?: boolean | undefined
}

export type StoreLocation =
  /** Local disk and SQLite in one folder, an absolute path. */
  | { readonly kind: 'folder'; readonly folder: string }
  /** Relative paths in the URIs begin at `base`. */
  | {
      readonly kind: 'layers'
      readonly storage: string | StorageBackend
      readonly metadata: string | MetadataStore
      readonly base: string
    }

/**
 * Finds the store: what the request names; else `NEXUS_STORE`; else `store` in the nearest config; else the nearest `.nexus` folder.
 * No other variable of the environment ever chooses a store.
 * @throws {NexusError} InvalidArgument for a request that is half or double, InvalidConfig if there is no store here
 */
export async function locateStore(request: StoreRequest, around: Surroundings): Promise<LocatedStore> {
  return (await locateChosenStore(request, around)) ?? (await nearestFolder(around)) ?? noStore(around.cwd)
}

/** The store that somebody chose, by request, variable or config; `undefined` if it is left to the nearest `.nexus` folder. */
export async function locateChosenStore(request: StoreRequest, around: Surroundings): Promise<LocatedStore | undefined> {
  return (
    layersAskedFor(request, around.cwd) ??
    (await storeNamed(request.store, 'asked for by name', around)) ??
    (await storeNamed(around.env.NEXUS_STORE || undefined, 'NEXUS_STORE', around)) ??
    (await storeOfConfig(around))
  )
}

/** The folder or the name in memory that one URI names as a whole store. */
export function wholeStore(text: string, base: string): StoreLocation {
  const { scheme } = parseUri(text)
  if (scheme === undefined || scheme === 'local' || scheme === 'file') return { kind: 'folder', folder: pathOfUri(text, base) }
  if (scheme === 'memory') return { kind: 'layers', storage: text, metadata: text, base }
  const problem = `"${redactSecrets(text)}" names one layer only`
  throw new NexusError('InvalidArgument', problem, {
    advice: `give both, storage and metadata, or a folder, ./${scheme}:... if that is its name`,
  })
}

function layersAskedFor({ store, storage, metadata }: StoreRequest, base: string): LocatedStore | undefined {
  if (storage === undefined && metadata === undefined) return undefined
  if (store !== undefined) {
    throw new NexusError('InvalidArgument', 'a store and its layers were both named', {
      advice: 'give either store, or storage and metadata',
    })
  }
  if (storage === undefined || metadata === undefined) {
    const [given, absent] = storage === undefined ? ['metadata', 'storage'] : ['storage', 'metadata']
    throw new NexusError('InvalidArgument', `${given} is named without ${absent}`, {
      advice: 'a store has both layers, so name both',
    })
  }
  return { location: { kind: 'layers', storage, metadata, base }, why: 'both layers were named' }
}

const bareName = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/

async function storeNamed(text: string | undefined, why: string, around: Surroundings): Promise<LocatedStore | undefined> {
  if (text === undefined) return undefined
  if (!bareName.test(text)) return { location: wholeStore(text, around.cwd), why }
  const loaded = await around.config()
  const stores = loaded?.config.stores ?? {}
  if (loaded !== undefined && Object.hasOwn(stores, text)) {
    const configured = stores[text]
    if (configured !== undefined) return { ...located(configured, loaded, `${why}: "${text}" in ${loaded.file}`), name: text }
  }
  const folder = resolve(around.cwd, text)
  await refuseMisspelt(text, folder, Object.keys(stores))
  return { location: { kind: 'folder', folder }, why }
}

/** A word is a name or a folder; one that is neither, but nearly a name, is more likely a slip than a new folder. */
async function refuseMisspelt(word: string, folder: string, names: readonly string[]): Promise<void> {
  const guess = didYouMean(word, names)
  if (guess === '' || (await isFolder(folder))) return
  throw new NexusError('InvalidConfig', `no store is called "${word}"${guess}`, { advice: `write ./${word} for a folder` })
}

async function storeOfConfig(around: Surroundings): Promise<LocatedStore | undefined> {
  const loaded = await around.config()
  const store = loaded?.config.store
  if (loaded === undefined || store === undefined) return undefined
  const stores = loaded.config.stores ?? {}
  const named = typeof store === 'string' && Object.hasOwn(stores, store) ? stores[store] : undefined
  return located(named ?? store, loaded, `store in ${loaded.file}`)
}

function located(store: string | ConfiguredStore, { folder }: LoadedConfig, why: string): LocatedStore {
  if (typeof store === 'string') return { location: wholeStore(store, folder), why }
  const { storage, metadata, author, durability, readOnly } = store
  return { location: { kind: 'layers', storage, metadata, base: folder }, why, author, durability, readOnly }
}

async function nearestFolder({ cwd, env }: Surroundings): Promise<LocatedStore | undefined> {
  const candidates = (await foldersUp(cwd, env)).map((folder) => join(folder, '.nexus'))
  const present = await Promise.all(candidates.map(isFolder))
  const folder = candidates[present.indexOf(true)]
  if (folder === undefined) return undefined
  await refuseForeign(folder, 'name it with --store to use it', env)
  return { location: { kind: 'folder', folder }, why: 'the nearest .nexus folder' }
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isDirectory() ?? false
}

function noStore(cwd: string): never {
  throw new NexusError('InvalidConfig', 'no store here', { advice: 'run `nexus init`', context: { cwd } })
}
