import type { ResultFile } from '../results/result-file.ts'
import { type Goal, goals } from '../selection/goals.ts'

/** The measured ratio decides; `close` says that the interval contains the goal, `n<6` that there is no interval. */
type GoalVerdict = 'not measured' | `${'met' | 'not met'}${'' | ', close' | ', n<6'}`

/** How a goal came out. */
export interface GoalResult {
  readonly goal: Goal
  readonly ratio: number | undefined
  readonly interval: { readonly low: number; readonly high: number } | undefined
  readonly verdict: GoalVerdict
}

/** Every goal that a run with the preset `targets` or `all` looked at. */
export function goalResults(file: ResultFile): readonly GoalResult[] {
  if (file.run.preset === 'quick') return []
  return goals
    .filter(({ workload, combo }) => file.results.some((result) => result.workload === workload && result.combo === combo))
    .map((goal) => goalResult(goal, file))
}

function goalResult(goal: Goal, file: ResultFile): GoalResult {
  const result = file.results.find(({ workload, combo }) => workload === goal.workload && combo === goal.combo)
  const measured = result?.vs.find(({ reference }) => reference === goal.reference)
  if (measured === undefined) return { goal, ratio: undefined, interval: undefined, verdict: 'not measured' }
  const { ratio, interval } = measured
  const isMet = ratio <= goal.ratio ? 'met' : 'not met'
  return { goal, ratio, interval, verdict: `${isMet}${doubt(interval, goal.ratio)}` }
}

function doubt(interval: GoalResult['interval'], ratio: number): '' | ', close' | ', n<6' {
  if (interval === undefined) return ', n<6'
  return interval.low <= ratio && ratio < interval.high ? ', close' : ''
}
