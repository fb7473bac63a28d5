import type { DurabilityClass, RegisteredCombination, Registry } from '../library.ts'

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
}

export type CombinationStatus =
  | { readonly status: 'ready'; readonly detail: string }
  | { readonly status: 'skipped'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string }

const rawBaseline = 'local_fs'
const durableBaseline = 'local_fs+fsync'

/** The baselines, every combination of the registry in each class it has, and the floors. */
export function combinationsOf(registry: Pick<Registry, 'combos' | 'storages' | 'metadata'>): readonly Combination[] {
  const nexus = registry.combos.flatMap((combo) => classesOf(combo, registry).map((durability) => nexusOf(combo, durability)))
  return [...baselines, ...nexus, ...floors]
}

/** The baseline of a class: what a program without Nexus does to get the same promise, or the nearest there is. */
export function baselineOf(durability: DurabilityClass): string {
  return durability === 'none' || durability === 'os' ? rawBaseline : durableBaseline
}

const baselineParts = { kind: 'baseline', storage: undefined, metadata: undefined, isDefault: true } as const

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
  return { kind: 'floor', id, durability, label, storage: undefined, metadata: 'sqlite', isDefault: false, reference, status }
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

function nexusOf(combo: RegisteredCombination, durability: DurabilityClass): Combination {
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
  }
}
