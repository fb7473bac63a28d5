import { type RandomSource, shuffled } from '../statistics/seeded-random.ts'

/**
 * Random orders in which everybody has each place equally often: a random order is rotated until all rotations, themselves shuffled, are
 * used up (a cyclic Latin square), then comes another.
 */
export function* roundOrders<T>(items: readonly T[], random: RandomSource): Generator<readonly T[], never> {
  for (;;) {
    const base = shuffled(items, random)
    const shifts = shuffled([...base.keys()], random)
    if (shifts.length === 0) yield []
    for (const shift of shifts) yield [...base.slice(shift), ...base.slice(0, shift)]
  }
}
