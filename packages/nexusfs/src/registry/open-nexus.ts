import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type DurabilityClass, durabilityClasses } from '../core/durability.ts'
import { isNexusError, NexusError, throwIfAborted } from '../core/errors.ts'
import { didYouMean } from '../core/near-miss.ts'
import type { Environment } from '../engine-kit/registration.ts'
import { type NexusFSOptions, openOptions } from '../fs/model/open-options.ts'
import { shown } from '../fs/model/take-options.ts'
import { NexusFS } from '../fs/nexus-fs.ts'
import { checkedSettings } from '../fs/open/open-file-system.ts'
import { type LoadedConfig, loadConfig } from './load-config.ts'
import { type LocatedStore, locateStore, type StoreRequest, wholeStore } from './locate-store.ts'
import { folderLayers, type Layers, layersOf, openBoth } from './open-layers.ts'
import type { OpenPortContext } from './open-port.ts'

/** How to open a store, wherever it is. What `NexusFS.open` takes beside the layers, it takes from here as it is. */
export interface OpenOptions extends Omit<NexusFSOptions, 'storage' | 'metadata' | 'folderLayers' | 'keepLayers'> {
  /** The author of commits that name none. Default: `NEXUS_AUTHOR`, the config's, else the user of the operating system. */
  readonly author?: string | undefined
  /** What an acknowledged write survives. Default: the config's, else the strongest that the adapters promise. */
  readonly durability?: DurabilityClass | undefined
  /** False = refuse a location that holds no store, with `NotFound`, instead of creating one. Default: true. */
  readonly create?: boolean | undefined
  /**
   * True = every call that changes something is `ReadOnly`, before any I/O, and no store is created; a store on local disk is left
   * untouched to the byte. Default: the config's, else false; a store that cannot be written is opened for reading all the same
   * (`info.readOnly` says why).
   */
  readonly readOnly?: boolean | undefined
  /** Where relative paths begin, and the search for a config or a store. Default: the working directory. */
  readonly cwd?: string | undefined
  /** Default: the environment of the process. */
  readonly env?: Environment | undefined
  /** False = load no config. Default: the nearest one, and only if something depends on it. */
  readonly config?: false | LoadedConfig | undefined
  readonly signal?: AbortSignal | undefined
}

/** Which store to open, and how. */
export interface OpenTarget extends OpenOptions, StoreRequest {}

/**
 * Opens a file system. A text is a folder (local disk and SQLite; made with mode 0700 if absent) or `memory:`. An object names the
 * two layers by URI or as open adapters (`storage` and `metadata`), or a store of the config (`store`). With neither, it is the
 * store that is found from here: `NEXUS_STORE`, `store` in the config, the nearest `.nexus` folder.
 *
 * The file system owns what it stands on: closing it closes both layers. Adapters that were given open stay open if this fails, and
 * folders that it made are gone again.
 * @throws {NexusError} InvalidArgument, InvalidConfig, NotFound if there is no store and `create` is false, or as the adapters
 * @example
 * await using nexus = await openNexus('./data')
 * await nexus.write('/hello.txt', 'hello')
 */
export async function openNexus(target: string | OpenTarget = {}, options: OpenOptions = {}): Promise<NexusFS> {
  checkTarget(target, options)
  const settings = checkOptions({ ...(typeof target === 'string' ? {} : target), ...options })
  throwIfAborted(settings.signal, 'openNexus')
  const { cwd = process.cwd(), env = process.env } = settings
  const config = configOnce(settings.config, cwd, env)
  const located: LocatedStore =
    typeof target === 'string'
      ? { location: wholeStore(target, cwd), why: 'asked for by path' }
      : await locateStore(settings, { cwd, env, config })
  const { store: _name, storage: _storage, metadata: _metadata, ...own } = settings
  return openLocated(located, own, { env, config })
}

/** Opens what `locateStore` found. */
export async function openLocated(
  { location, author, durability, ...defaults }: LocatedStore,
  settings: OpenOptions,
  { env, config }: Pick<OpenPortContext, 'env' | 'config'>,
): Promise<NexusFS> {
  const { signal, readOnly = defaults.readOnly ?? false } = settings
  const create = !readOnly && (settings.create ?? true)
  const layers = await layersOf(location)
  const context = { env, config, create, readOnly, signal, cwd: layers.base, durability: settings.durability ?? durability }
  try {
    return await openLayers(layers, context, {
      ...settings,
      create,
      readOnly,
      author: settings.author ?? (env.NEXUS_AUTHOR || author),
    })
  } catch (cause) {
    if (location.kind === 'folder' && !create && isNexusError(cause, 'NotFound')) throw await noStoreIn(location.folder, cause)
    throw cause
  }
}

/** Loads the nearest config at the first call, and never again. */
export function configOnce(given: OpenOptions['config'], cwd: string, env: Environment): () => Promise<LoadedConfig | undefined> {
  let loading: Promise<LoadedConfig | undefined> | undefined
  return () => {
    loading ??= given === undefined ? loadConfig(cwd, env) : Promise.resolve(given === false ? undefined : given)
    return loading
  }
}

/** Both adapters are found before either is opened; if the store cannot be opened, they are closed, and leave nothing behind. */
async function openLayers(layers: Layers, context: OpenPortContext, settings: OpenOptions): Promise<NexusFS> {
  checkedSettings(settings)
  const { durability, cwd, env, config, signal, ...passedOn } = settings
  const { storage, metadata, abandon } = await openBoth(layers, context, passedOn)
  try {
    return await NexusFS.open({ ...passedOn, storage, metadata, folderLayers, keepLayers: true })
  } catch (error) {
    await abandon()
    throw error
  }
}

async function noStoreIn(folder: string, cause: NexusError): Promise<NexusError> {
  const blobs = await readdir(join(folder, 'blobs')).catch(() => [])
  const context = { folder }
  if (blobs.length === 0)
    return new NexusError('NotFound', `no store in ${folder}`, { advice: `run \`nexus init ${folder}\``, context, cause })
  return new NexusError('Corrupt', `${join(folder, 'meta.db')} is missing, and its blobs are there`, {
    advice: 'restore it from a backup',
    context: { ...context, reason: 'rolled back' },
    cause,
  })
}

const { folderLayers: _, keepLayers: __, ...passedOnNames } = openOptions
const optionNames = {
  store: true,
  ...passedOnNames,
  durability: true,
  cwd: true,
  env: true,
  config: true,
  signal: true,
} as const satisfies Record<keyof OpenTarget, unknown>

/** What is not a target must not open the nearest store instead. */
function checkTarget(target: unknown, options: unknown): void {
  if (typeof target !== 'string' && !isPlainObject(target)) {
    const advice = target instanceof URL ? '; give fileURLToPath(url) for a folder, or the URI as a string' : ''
    const kinds = 'a folder, a URI, or an object with storage and metadata, or store'
    throw new NexusError('InvalidArgument', `openNexus: the store must be ${kinds}, not ${shown(target)}${advice}`)
  }
  if (!isPlainObject(options))
    throw new NexusError('InvalidArgument', `openNexus: options must be an object, not ${shown(options)}`)
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** A misspelt option must not open another store than the one meant. */
function checkOptions(settings: OpenTarget): OpenTarget {
  const known = Object.keys(optionNames)
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(optionNames, name))
  if (unknown !== undefined) {
    const advice = `known: ${known.join(', ')}`
    throw new NexusError('InvalidArgument', `openNexus: unknown option "${unknown}"${didYouMean(unknown, known)}`, {
      advice,
    })
  }
  const { durability, storage, metadata, readOnly } = settings
  if (readOnly !== undefined && typeof readOnly !== 'boolean') {
    throw new NexusError('InvalidArgument', `openNexus: readOnly is true or false, not ${shown(readOnly)}`)
  }
  if (readOnly === true && settings.create === true) {
    throw new NexusError('InvalidArgument', 'openNexus: readOnly and create exclude each other', { advice: 'give one of them' })
  }
  if (durability !== undefined && !durabilityClasses.includes(durability)) {
    const advice = `one of ${durabilityClasses.join(', ')}`
    throw new NexusError('InvalidArgument', `openNexus: durability is ${advice}, not ${JSON.stringify(durability)}`)
  }
  for (const [name, layer] of Object.entries({ storage, metadata })) {
    if (layer === undefined || typeof layer === 'string' || (typeof layer === 'object' && layer !== null)) continue
    throw new NexusError('InvalidArgument', `openNexus: ${name} is a URI or an open adapter, not ${typeof layer}`)
  }
  return settings
}
