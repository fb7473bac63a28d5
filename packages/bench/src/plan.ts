import { randomBytes } from 'node:crypto'
import { type Combination, combinationsOf } from './combinations/combination.ts'
import { probeCombinations } from './combinations/probe.ts'
import { NexusError } from './library.ts'
import type { Skip } from './results/result-file.ts'
import { isRunName } from './results/result-store.ts'
import { type PlannedWorkload, type Preset, planRun } from './selection/plan-run.ts'
import { registryOf, type Surroundings } from './surroundings.ts'
import { allWorkloads } from './workloads/catalogue.ts'

/** What to measure; what is left out is decided by the preset. */
export interface PlanRequest {
  /** `quick` if absent. */
  readonly preset?: Preset | undefined
  /** Groups, names or ids of workloads, or node ids of the old pytest suite; all of the preset if there are none. */
  readonly words?: readonly string[] | undefined
  /** Only where these words are in `workload[params] combination`: with `and`, `or`, `not` and parentheses. */
  readonly keywords?: string | undefined
  /** Ids of combinations; the default ones if absent. */
  readonly combos?: readonly string[] | undefined
  /** Ids of combinations that are selected too, and must be ready. */
  readonly required?: readonly string[] | undefined
  /** How long the run may take, in milliseconds; 100 s, 240 s or 600 s by the preset. */
  readonly budgetMs?: number | undefined
  /** Rounds for each workload, at most; 100 if absent. */
  readonly maximalRounds?: number | undefined
  /** The same bytes and the same order as the run with this seed; a random one if absent. */
  readonly seed?: string | undefined
  /** The name of the saved run: letters, digits, `.`, `_` and `-`; that of the preset if absent. */
  readonly name?: string | undefined
}

/** All that is decided before anything is measured. */
export interface BenchmarkPlan {
  readonly preset: Preset
  readonly name: string
  readonly seed: string
  readonly budgetMs: number
  readonly maximalRounds: number
  readonly workloads: readonly PlannedWorkload[]
  /** Combinations that were asked for, or are default, and cannot run. */
  readonly skips: readonly Skip[]
  /** Those that take part, and those that are left out. */
  readonly combinations: readonly Combination[]
  readonly surroundings: Surroundings
}

const budgets: Readonly<Record<Preset, number>> = { quick: 100_000, targets: 240_000, all: 600_000 }

/**
 * Chooses workloads and combinations, and asks the services that they need whether they answer, for 5 seconds at most.
 * @throws {NexusError} InvalidArgument for a wrong name, budget, count of rounds or keywords; NotFound if nothing is selected,
 * with what is near; Unavailable if a required combination is not ready; InvalidConfig as the loading of a config
 */
export async function plan(request: PlanRequest, surroundings: Surroundings): Promise<BenchmarkPlan> {
  const { preset = 'quick', words = [], keywords, combos, required = [], maximalRounds = 100 } = request
  const { budgetMs = budgets[preset], name = preset, seed = randomBytes(4).toString('hex') } = request
  checkNumbers(budgetMs, maximalRounds)
  if (!isRunName(name)) {
    throw new NexusError('InvalidArgument', `a run cannot be called "${name}"`, {
      advice: 'a name has letters, digits, ".", "_" and "-"',
    })
  }
  const registry = await registryOf(surroundings)
  const combinations = await probeCombinations(combinationsOf(registry), registry, surroundings.env)
  const { workloads, skips } = planRun({ preset, words, keywords, combos, required }, allWorkloads, combinations)
  const used = new Set(workloads.flatMap((planned) => planned.combinations.map(({ id }) => id)))
  const listed = combinations.filter(({ id }) => used.has(id) || skips.some(({ what }) => what === id))
  return { preset, name, seed, budgetMs, maximalRounds, workloads, skips, combinations: listed, surroundings }
}

function checkNumbers(budgetMs: number, maximalRounds: number): void {
  if (!(budgetMs > 0)) throw new NexusError('InvalidArgument', `a budget of ${budgetMs} ms is not a time to measure in`)
  if (Number.isInteger(maximalRounds) && maximalRounds > 0 && maximalRounds <= 10_000) return
  throw new NexusError('InvalidArgument', `a workload has 1 to 10,000 rounds, not ${maximalRounds}`)
}
