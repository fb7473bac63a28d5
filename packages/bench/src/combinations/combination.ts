import { type DurabilityClass, type RegisteredCombination, type Registry, weakerDurability } from '../library.ts'
import { type Floor, overwrites, type Workload } from '../workloads/workload.ts'

/** Something that workloads run on. */
export type Combination = Baseline | NexusCombination | FloorCombination

export interface Described {
  /** `local_fs`, `local-sqlite`, `local-sqlite:os` */
  readonly id: string
  readonly label: string
  /** The class asked for at the opening; a result of another class is void. */
  readonly durability: DurabilityClass
  /** The baseline that it is shown against; a ratio between two classes is marked. Overwrites have another: `referencesOf`. */
  readonly reference: string
  readonly status: CombinationStatus
  /** False = it runs only when it is asked for. */
  readonly isDefault: boolean
}

/** The raw file system. */
export interface Baseline extends Described {
  readonly kind: 'baseline'
  /** It overwrites through a temporary file and a rename: a crash leaves the old file or the new one. */
  readonly isAtomic: boolean
}

/** Nexus on a storage backend and a metadata store, by their names in the registry. */
export interface NexusCombination extends Described {
  readonly kind: 'nexus'
  readonly storage: string
  readonly metadata: string
  /** One of the two is on a server. */
  readonly isRemote: boolean
}

/** The least that a write can cost with a metadata store. */
export interface FloorCombination extends Described {
  readonly kind: 'floor'
  readonly floor: Floor
  readonly metadata: string
}

/** Whether a part of its work is done by a server, where nothing of it is counted. */
export function hasServer(combination: Combination): boolean {
  switch (combination.kind) {
    case 'baseline':
      return false
    case 'nexus':
      return combination.isRemote
    case 'floor':
      return combination.floor === 'bare'
  }
}

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
 * What a combination is shown against in a workload, the nearest in promise first: of overwrites that is the baseline that
 * replaces the file as a whole, and the one that truncates it in place is shown beside it.
 */
export function referencesOf({ id, kind, durability, reference }: Combination, workload: Workload): readonly string[] {
  if (kind === 'baseline' || !overwrites(workload)) return id === reference ? [] : [reference]
  return [atomicOf(durability), reference]
}

function atomicOf(durability: DurabilityClass): string {
  return baselineOf(durability) === rawBaseline ? `${atomicBaseline}:os` : atomicBaseline
}

/**
 * A floor is compared with the combinations of the same metadata store, whatever keeps their blobs; a `commit`, in the same
 * class.
 */
export function isFloorOf(floor: Combination, combination: Combination): boolean {
  if (floor.kind !== 'floor' || combination.kind !== 'nexus' || floor.metadata !== combination.metadata) return false
  return floor.floor === 'bare' || floor.durability === combination.durability
}

/** The combination in the class that it was found to have, if that is weaker. */
export function inClass(combination: Combination, found: DurabilityClass = combination.durability): Combination {
  const durability = weakerDurability(combination.durability, found)
  return durability === combination.durability ? combination : { ...combination, durability, reference: baselineOf(durability) }
}

const baselines: readonly Baseline[] = [
  baseline(rawBaseline, 'os', 'node:fs/promises'),
  baseline(durableBaseline, 'disk', 'node:fs/promises, then fsync of the file, and of the folder for a new name'),
  atomic('disk', 'a temporary file, fsync, rename, fsync of the folder'),
  atomic('os', 'a temporary file, then rename'),
]

const floors: readonly FloorCombination[] = [floor('sha256+commit', 'disk'), floor('sha256+commit:os', 'os')]

function baseline(id: string, durability: DurabilityClass, label: string): Baseline {
  const status = { status: 'ready', detail: `baseline of class ${durability}` } as const
  return { kind: 'baseline', id, durability, label, reference: id, status, isDefault: true, isAtomic: false }
}

/** Takes part where files are overwritten. */
function atomic(durability: DurabilityClass, label: string): Baseline {
  const reference = baselineOf(durability)
  return { ...baseline(atomicOf(durability), durability, label), reference, isDefault: false, isAtomic: true }
}

function floor(id: string, durability: DurabilityClass): FloorCombination {
  const label = 'SHA-256 of the content and one commit to SQLite'
  const status = { status: 'ready', detail: 'a floor, measured beside writes of known content' } as const
  return { kind: 'floor', floor: 'commit', metadata: 'sqlite', ...floorParts(id, durability, label, status) }
}

/** For every metadata store on a server that can be driven by hand. */
function bareFloors({ combos, metadata }: Pick<Registry, 'combos' | 'metadata'>): readonly FloorCombination[] {
  return Object.entries(bareServers).flatMap(([name, label]) => {
    const durability = metadata[name]?.traits.durability
    const gate = combos.find((combo) => combo.metadata === name && combo.storage === 'memory')?.gate
    if (durability === undefined || gate === undefined) return []
    const status = gate.status === 'ready' ? ({ status: 'ready', detail: 'a floor' } as const) : gate
    return [{ kind: 'floor', floor: 'bare', metadata: name, ...floorParts(`bare-${name}`, durability, label, status) }]
  })
}

function floorParts(id: string, durability: DurabilityClass, label: string, status: CombinationStatus): Described {
  return { id, durability, label, reference: baselineOf(durability), status, isDefault: false }
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
): NexusCombination {
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
    isRemote: [registry.storages[storage], registry.metadata[metadata]].some((part) => part?.traits.remote === true),
  }
}

/** Metadata stores whose server can be driven by hand (`subjects/bare-server.ts`), with what one write is there. */
const bareServers: Readonly<Record<string, string>> = {
  postgres: 'bare PostgreSQL: BEGIN, SELECT, INSERT, COMMIT; a look-up is one SELECT by primary key',
  redis: 'bare Redis: a script of one SET; a look-up is one GET',
}
