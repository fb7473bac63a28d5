import { baselineOf, type Combination } from '../combinations/combination.ts'
import type { DurabilityClass } from '../library.ts'

/** A combination that needs nothing. */
export function fakeCombination(id: string, durability: DurabilityClass = 'os', changes: Partial<Combination> = {}): Combination {
  return {
    id,
    kind: id.startsWith('local_fs') ? 'baseline' : 'nexus',
    label: id,
    durability,
    storage: 'local',
    metadata: 'sqlite',
    reference: baselineOf(durability),
    status: { status: 'ready', detail: 'fake' },
    isDefault: true,
    floor: undefined,
    hasServer: false,
    ...changes,
  }
}
