import { type DurabilityClass, weakerDurability } from '../core/durability.ts'
import { NexusError } from '../core/errors.ts'
import { didYouMean } from '../core/near-miss.ts'
import type { Environment, EnvironmentGate } from '../engine-kit/registration.ts'
import { type AdapterTables, adapterTables } from './adapter-table.ts'
import type { NexusConfig } from './config.ts'
import { type LoadedConfig, loadConfig } from './load-config.ts'

/** What is missing in the environment, as advice: `set A and B or C`; `undefined` if nothing is. An empty variable is not set. */
export function missingVariables(gate: EnvironmentGate | undefined, env: Environment): string | undefined {
  const groups = [...(gate?.all ?? []).map((name) => [name]), ...(gate?.any ?? [])]
  const isSet = (name: string): boolean => (env[name] ?? '') !== ''
  const missing = groups.filter((group) => !group.some(isSet)).map((group) => group.join(' or '))
  if (missing.length === 0) return undefined
  const present = groups.flat().filter(isSet)
  const advice = `set ${missing.join(', and ')}`
  return present.length === 0 ? advice : `${present.join(', ')} ${present.length === 1 ? 'is' : 'are'} set; also ${advice}`
}

export interface RegistryOptions {
  /** Where the search for a config begins; the working directory of the process if absent. */
  readonly cwd?: string | undefined
  /** The environment of the process if absent. */
  readonly env?: Environment | undefined
  /** False = no config; a loaded one is taken as it is; the nearest one if absent. */
  readonly config?: false | LoadedConfig | undefined
}

/** All that can be combined, and all combinations. */
export interface Registry extends AdapterTables {
  readonly combos: readonly Combination[]
  readonly config: NexusConfig
  /** The file that the config came from, if there is one. */
  readonly configFile: string | undefined
}

/** A storage backend with a metadata store. */
export interface Combination {
  /** `local-sqlite`; or the name that a config gave it. */
  readonly id: string
  /** Names in the tables. */
  readonly storage: string
  readonly metadata: string
  /** The strongest class that both can promise. */
  readonly durability: DurabilityClass
  readonly gate: GateStatus
}

/** Whether the environment lets benchmarks run a combination, and what is missing if not. */
export type GateStatus = { readonly status: 'ready' } | { readonly status: 'skipped'; readonly reason: string }

/**
 * Every adapter, built in or registered by a config, and every combination of them with the state of its gate.
 * @throws {NexusError} InvalidConfig
 */
export async function loadRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { cwd = process.cwd(), env = process.env } = options
  const loaded = options.config === false ? undefined : (options.config ?? (await loadConfig(cwd, env)))
  const tables = adapterTables(loaded)
  return {
    ...tables,
    combos: combinationsOf(tables, loaded, env),
    config: loaded?.config ?? {},
    configFile: loaded?.file,
  }
}

function combinationsOf(tables: AdapterTables, loaded: LoadedConfig | undefined, env: Environment): readonly Combination[] {
  const combos = new Map<string, Combination>()
  for (const storage of Object.keys(tables.storages)) {
    for (const metadata of Object.keys(tables.metadata)) {
      const id = `${storage}-${metadata}`
      combos.set(id, combine(tables, env, { name: id, storage, metadata }, 'combos'))
    }
  }
  const file = loaded?.file ?? 'nexus.config'
  loaded?.config.combos?.extra?.forEach((extra, index) => {
    const where = `${file} at combos.extra[${index}]`
    if (combos.has(extra.name))
      throw new NexusError('InvalidConfig', `${where}: the combination "${extra.name}" is there already`)
    combos.set(extra.name, combine(tables, env, extra, where))
  })
  for (const id of loaded?.config.combos?.exclude ?? []) {
    const guess = didYouMean(id, [...combos.keys()])
    if (combos.delete(id)) continue
    throw new NexusError('InvalidConfig', `${file} at combos.exclude: there is no combination "${id}"${guess}`)
  }
  return [...combos.values()]
}

interface Parts {
  readonly name: string
  readonly storage: string
  readonly metadata: string
}

function combine(tables: AdapterTables, env: Environment, parts: Parts, where: string): Combination {
  const storage = partOf(tables.storages, 'storage backend', parts.storage, where)
  const metadata = partOf(tables.metadata, 'metadata store', parts.metadata, where)
  const missing = [missingVariables(storage.env, env), missingVariables(metadata.env, env)].filter(
    (advice) => advice !== undefined,
  )
  return {
    id: parts.name,
    storage: parts.storage,
    metadata: parts.metadata,
    durability: weakerDurability(storage.traits.durability, metadata.traits.durability),
    gate: missing.length === 0 ? { status: 'ready' } : { status: 'skipped', reason: missing.join('; ') },
  }
}

function partOf<Part>(table: Readonly<Record<string, Part>>, what: string, name: string, where: string): Part {
  const part = Object.hasOwn(table, name) ? table[name] : undefined
  if (part !== undefined) return part
  const guess = didYouMean(name, Object.keys(table))
  throw new NexusError('InvalidConfig', `${where}: no ${what} is called "${name}"${guess}`)
}
