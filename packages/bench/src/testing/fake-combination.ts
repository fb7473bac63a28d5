import { baselineOf, type Combination, type FloorCombination } from '../combinations/combination.ts'
import type { DurabilityClass } from '../library.ts'

type Changes = Partial<Pick<Combination, 'status' | 'isDefault'>> & { readonly isAtomic?: boolean; readonly metadata?: string }

/** A baseline if it is called so, else a combination of Nexus; it needs nothing. */
export function fakeCombination(id: string, durability: DurabilityClass = 'os', changes: Changes = {}): Combination {
  const { status = { status: 'ready', detail: 'fake' }, isDefault = true, isAtomic = false, metadata = 'sqlite' } = changes
  const common = { id, label: id, durability, reference: baselineOf(durability), status, isDefault }
  if (id.startsWith('local_fs')) return { kind: 'baseline', ...common, isAtomic }
  return { kind: 'nexus', ...common, storage: 'local', metadata, isRemote: false }
}

/** A floor that runs only beside the combinations of its metadata store. */
export function fakeFloor(
  id: string,
  durability: DurabilityClass,
  floor: Pick<FloorCombination, 'floor' | 'metadata'>,
): FloorCombination {
  const status = { status: 'ready', detail: 'fake' } as const
  return { kind: 'floor', ...floor, id, label: id, durability, reference: baselineOf(durability), status, isDefault: false }
}
