import { type DurabilityClass, type RegisteredCombination, type Registry, weakerDurability } from '../library.ts'

/** Something that workloads run on. */
export interface Combination {
  /** `local_fs`, `local-sqlite`, `local-sqlite:os` */
  readonly id: string
  readonly kind: 'baseline' | 'nexus' | 'floor'
  readonly label: string
  /** The class asked for at the opening; a result of another class is void. */
  readonly durability: DurabilityClass
  /** Names in the registry; a baseline has none, the floor has no storage. */
  readonly storage: string | undefined
  readonly metadata: string | undefined
  /** The baseline that it is shown against; a ratio between two classes is marked. */
  readonly reference: string
  readonly status: CombinationStatus
  /** False = it runs only when it is asked for. */
  readonly isDefault: boolean
  /** True = a part of its work is done by a server, where nothing of it is counted. */
  readonly hasServer: boolean
}

export type CombinationStatus =
  | { readonly status: 'ready'; readonly detail: string }
  | { readonly status: 'skipped'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string }

const rawBaseline = 'local_fs'
const durableBaseline = 'local_fs+fsync'

/** The baselines, every combination of the registry in each class it has, and the floors. */
export function combinationsOf(registry: Pick<Registry, 'combos' | 'storages' | 'metadata'>): readonly Combination[] {
  const nexus = registry.combos.flatMap((combo) =>
    classesOf(combo, registry).map((durability) => nexusOf(combo, durability, registry)),
  )
  return [...baselines, ...nexus, ...floors]
}

/** The baseline of a class: what a program without Nexus does to get the same promise, or the nearest there is. */
export function baselineOf(durability: DurabilityClass): string {
  return durability === 'none' || durability === 'os' ? rawBaseline : durableBaseline
}

/** The combination in the class that it was found to have, if that is weaker. */
export function inClass(combination: Combination, found: DurabilityClass = combination.durability): Combination {
  const durability = weakerDurability(combination.durability, found)
  return durability === combination.durability ? combination : { ...combination, durability, reference: baselineOf(durability) }
}

const baselineParts = { kind: 'baseline', storage: undefined, metadata: undefined, isDefault: true, hasServer: false } as const

const baselines: readonly Combination[] = [
  baseline(rawBaseline, 'os', 'node:fs/promises'),
  baseline(durableBaseline, 'disk', 'node:fs/promises, then fsync of the file, and of the folder for a new name'),
]

const floors: readonly Combination[] = [floor('sha256+commit', 'disk'), floor('sha256+commit:os', 'os')]

function baseline(id: string, durability: DurabilityClass, label: string): Combination {
  return {
    ...baselineParts,
    id,
    durability,
    label,
    reference: id,
    status: { status: 'ready', detail: `baseline of class ${durability}` },
  }
}

function floor(id: string, durability: DurabilityClass): Combination {
  const label = 'SHA-256 of the content and one commit to SQLite'
  const status = { status: 'ready', detail: 'a floor, measured beside writes of known content' } as const
  const reference = baselineOf(durability)
  const parts = { storage: undefined, metadata: 'sqlite', isDefault: false, hasServer: false }
  return { kind: 'floor', id, durability, label, ...parts, reference, status }
}

/** A combination that survives power loss on this machine's own disk can also be asked for class `os`. */
function classesOf(
  combo: RegisteredCombination,
  { storages, metadata }: Pick<Registry, 'storages' | 'metadata'>,
): DurabilityClass[] {
  const parts = [storages[combo.storage]?.traits, metadata[combo.metadata]?.traits]
  const isLocalDisk = parts.every((traits) => traits?.durability === 'disk' && !traits.remote)
  return isLocalDisk ? ['disk', 'os'] : [combo.durability]
}

function nexusOf(
  combo: RegisteredCombination,
  durability: DurabilityClass,
  registry: Pick<Registry, 'storages' | 'metadata'>,
): Combination {
  const { id, storage, metadata, gate } = combo
  const isMixedWithMemory = (storage === 'memory') !== (metadata === 'memory')
  return {
    id: durability === combo.durability ? id : `${id}:${durability}`,
    kind: 'nexus',
    label: `Nexus on ${storage} and ${metadata}`,
    durability,
    storage,
    metadata,
    reference: baselineOf(durability),
    status: gate.status === 'ready' ? { status: 'ready', detail: `class ${durability}` } : gate,
    isDefault: !isMixedWithMemory,
    hasServer: [registry.storages[storage], registry.metadata[metadata]].some((part) => part?.traits.remote === true),
  }
}
