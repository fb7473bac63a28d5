import { combinationsOf } from './combinations/combination.ts'
import { probeCombinations } from './combinations/probe.ts'
import type { DurabilityClass } from './library.ts'
import { registryOf, type Surroundings } from './surroundings.ts'
import { allWorkloads } from './workloads/catalogue.ts'
import { workloadId } from './workloads/workload.ts'

/** A workload, for a list of them. */
export interface ListedWorkload {
  readonly id: string
  readonly version: number
  readonly group: string
  readonly title: string
  readonly params: Readonly<Record<string, string>>
  readonly operations: number
  readonly bytesPerOperation: number
  readonly clients: number
  readonly data: 'unique' | 'same' | 'none'
  readonly growth: string | null
  /** Node ids of the old pytest suite. */
  readonly aliases: readonly string[]
}

/** Every workload that can be selected. */
export function listWorkloads(): readonly ListedWorkload[] {
  return allWorkloads.map((workload) => ({
    id: workloadId(workload),
    version: workload.version,
    group: workload.group,
    title: workload.title,
    params: workload.params,
    operations: workload.operations,
    bytesPerOperation: workload.bytesPerOperation,
    clients: workload.clients,
    data: workload.data,
    growth: workload.growth ?? null,
    aliases: workload.aliases.map((alias) => `tests/benchmarks/${alias}`),
  }))
}

/** A combination, for a list of them. */
export interface ListedCombination {
  readonly id: string
  readonly kind: 'baseline' | 'nexus' | 'floor'
  readonly label: string
  readonly durability: DurabilityClass
  /** The baseline that it is shown against; null if it is one itself. */
  readonly reference: string | null
  readonly status: 'ready' | 'skipped' | 'failed'
  /** What answered, which variable is missing, or what the server said. */
  readonly detail: string
  readonly isDefault: boolean
}

/**
 * Every combination, and whether it is ready; services are asked, for 5 seconds at most.
 * @throws {NexusError} InvalidConfig as the loading of a config
 */
export async function listCombinations(surroundings: Surroundings): Promise<readonly ListedCombination[]> {
  const registry = await registryOf(surroundings)
  const combinations = await probeCombinations(combinationsOf(registry), registry, surroundings.env)
  return combinations.map(({ id, kind, label, durability, reference, status, isDefault }) => ({
    id,
    kind,
    label,
    durability,
    reference: reference === id ? null : reference,
    status: status.status,
    detail: status.status === 'ready' ? status.detail : status.reason,
    isDefault,
  }))
}

/** A variable of the environment that lets combinations run; never its value. */
export interface ListedVariable {
  readonly variable: string
  readonly isSet: boolean
  /** The adapter that reads it. */
  readonly neededBy: string
  readonly isSecret: boolean
}

/** @throws {NexusError} InvalidConfig as the loading of a config */
export async function listVariables(surroundings: Surroundings): Promise<readonly ListedVariable[]> {
  const registry = await registryOf(surroundings)
  const adapters = [...Object.entries(registry.storages), ...Object.entries(registry.metadata)]
  return adapters.flatMap(([name, { env }]) =>
    [...(env?.all ?? []), ...(env?.any ?? []).flat()].map((variable) => ({
      variable,
      isSet: (surroundings.env[variable] ?? '') !== '',
      neededBy: name,
      isSecret: env?.secret?.includes(variable) ?? false,
    })),
  )
}
