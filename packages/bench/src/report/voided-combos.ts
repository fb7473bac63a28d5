import type { ResultFile } from '../results/result-file.ts'

/** Combinations that were caught in a mistake in any workload: no other figure of theirs should be believed without a look at it. */
export function voidedCombos({ results }: ResultFile): ReadonlySet<string> {
  return new Set(results.filter(({ status }) => status === 'void').map(({ combo }) => combo))
}

/** The id, with a mark where the combination was void in some workload. */
export function marked(combo: string, voided: ReadonlySet<string>): string {
  return voided.has(combo) ? `${combo} !void` : combo
}
