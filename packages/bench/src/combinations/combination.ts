import { type DurabilityClass, type RegisteredCombination, type Registry, weakerDurability } from '../library.ts'
import { bareServers } from '../subjects/bare-server.ts'
import { overwrites, type Workload } from '../workloads/workload.ts'

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
  /** The baseline that it is shown against; a ratio between two classes is marked. Overwrites have another: `referencesOf`. */
  readonly reference: string
  /** A baseline that overwrites through a temporary file and a rename: a crash leaves the old file or the new one. */
  readonly isAtomic?: boolean | undefined
  readonly status: CombinationStatus
  /** False = it runs only when it is asked for. */
  readonly isDefault: boolean
  /** What a floor leaves out of a file system: all but one commit of the store, or the store as well. */
  readonly floor: Floor | undefined
  /** True = a part of its work is done by a server, where nothing of it is counted. */
  readonly hasServer: boolean
}

/** `commit`: SHA-256 of the content and one commit to the metadata store. `bare`: the statements of the server itself. */
export type Floor = 'commit' | 'bare'

export type CombinationStatus =
  | { readonly status: 'ready'; readonly detail: string }
  | { readonly status: 'skipped'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string }

const rawBaseline = 'local_fs'
const durableBaseline = 'local_fs+fsync'
const atomicBaseline = 'local_fs+atomic'

/** The baselines, every combination of the registry in each class it has, and the floors. */
export function combinationsOf(registry: Pick<Registry, 'combos' | 'storages' | 'metadata'>): readonly Combination[] {
  const nexus = registry.combos.flatMap((combo) =>
    classesOf(combo, registry).map((durability) => nexusOf(combo, durability, registry)),
  )
  return [...baselines, ...nexus, ...floors, ...bareFloors(registry)]
}

/** The baseline of a class: what a program without Nexus does to get the same promise, or the nearest there is. */
export function baselineOf(durability: DurabilityClass): string {
  return durability === 'none' || durability === 'os' ? rawBaseline : durableBaseline
}

/**
 * What a combination is shown against in a workload, the nearest in promise first: of overwrites that is the baseline that replaces the
 * file as a whole, and the one that truncates it in place is shown beside it.
 */
export function referencesOf({ id, kind, durability, reference }: Combination, workload: Workload): readonly string[] {
  if (kind === 'baseline' || !overwrites(workload)) return id === reference ? [] : [reference]
  return [atomicOf(durability), reference]
}

function atomicOf(durability: DurabilityClass): string {
  return baselineOf(durability) === rawBaseline ? `${atomicBaseline}:os` : atomicBaseline
}

/** A floor is compared with the combinations of the same metadata store, whatever keeps their blobs; a `commit`, in the same class. */
export function isFloorOf(floor: Combination, { kind, metadata, durability }: Combination): boolean {
  if (floor.kind !== 'floor' || kind !== 'nexus' || floor.metadata !== metadata) return false
  return floor.floor === 'bare' || floor.durability === durability
}

/** The combination in the class that it was found to have, if that is weaker. */
export function inClass(combination: Combination, found: DurabilityClass = combination.durability): Combination {
  const durability = weakerDurability(combination.durability, found)
  return durability === combination.durability ? combination : { ...combination, durability, reference: baselineOf(durability) }
}

const baselineParts = {
  kind: 'baseline',
  storage: undefined,
  metadata: undefined,
  isDefault: true,
  floor: undefined,
  hasServer: false,
} as const

const baselines: readonly Combination[] = [
  baseline(rawBaseline, 'os', 'node:fs/promises'),
  baseline(durableBaseline, 'disk', 'node:fs/promises, then fsync of the file, and of the folder for a new name'),
  atomic('disk', 'a temporary file, fsync, rename, fsync of the folder'),
  atomic('os', 'a temporary file, then rename'),
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

/** Takes part where files are overwritten. */
function atomic(durability: DurabilityClass, label: string): Combination {
  const reference = baselineOf(durability)
  return { ...baseline(atomicOf(durability), durability, label), reference, isDefault: false, isAtomic: true }
}

function floor(id: string, durability: DurabilityClass): Combination {
  const label = 'SHA-256 of the content and one commit to SQLite'
  const status = { status: 'ready', detail: 'a floor, measured beside writes of known content' } as const
  const reference = baselineOf(durability)
  const parts = { storage: undefined, metadata: 'sqlite', isDefault: false, floor: 'commit', hasServer: false } as const
  return { kind: 'floor', id, durability, label, ...parts, reference, status }
}

/** For every metadata store on a server that can be driven by hand. */
function bareFloors({ combos, metadata }: Pick<Registry, 'combos' | 'metadata'>): readonly Combination[] {
  return Object.entries(bareServers).flatMap(([name, label]) => {
    const durability = metadata[name]?.traits.durability
    const gate = combos.find((combo) => combo.metadata === name && combo.storage === 'memory')?.gate
    if (durability === undefined || gate === undefined) return []
    const status = gate.status === 'ready' ? ({ status: 'ready', detail: 'a floor' } as const) : gate
    const parts = { storage: undefined, metadata: name, isDefault: false, floor: 'bare', hasServer: true } as const
    return [{ kind: 'floor', id: `bare-${name}`, label, durability, ...parts, reference: baselineOf(durability), status }]
  })
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
    floor: undefined,
    hasServer: [registry.storages[storage], registry.metadata[metadata]].some((part) => part?.traits.remote === true),
  }
}
