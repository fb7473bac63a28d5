import assert from 'node:assert/strict'
import type { LoopVolume } from './loop-volume.ts'
import { runTrial, type TrialPlan } from './trial.ts'

export interface TrialsPlan extends Omit<TrialPlan, 'seed'> {
  /** At most so many. */
  readonly trials: number
  /** No further trial after the first that lost something. */
  readonly untilLoss?: boolean
}

export interface TrialsSummary {
  readonly acknowledged: number
  readonly failedTrials: number
  readonly problems: readonly string[]
}

/** Runs the trials one after the other and says what they proved; trials that verified nothing are an error. */
export async function runTrials(volume: LoopVolume, { trials, untilLoss, ...plan }: TrialsPlan): Promise<TrialsSummary> {
  const start = Number(process.env.NEXUS_SEED ?? Date.now() % 1_000_000)
  let acknowledged = 0
  let failedTrials = 0
  const problems: string[] = []
  let trial = 0
  for (; trial < trials && !(untilLoss === true && failedTrials > 0); trial++) {
    const result = await runTrial(volume, { ...plan, seed: start + trial })
    assert.ok(result.acknowledged > 0, `trial ${trial} proved nothing: no write was acknowledged before the power went`)
    acknowledged += result.acknowledged
    if (result.problems.length > 0) failedTrials += 1
    problems.push(...result.problems.map((problem) => `seed ${start + trial}: ${problem}`))
  }
  const how = [plan.withoutSync === true ? 'without fsync' : '', ...(plan.parameters ?? [])].join(' ').trim()
  console.log(
    `power loss on ${volume.kind}${how === '' ? '' : ` (${how})`}: ${trial} trials from seed ${start}, ` +
      `${acknowledged} acknowledged writes checked, ${problems.length} lost or damaged in ${failedTrials} trials`,
  )
  return { acknowledged, failedTrials, problems: problems.slice(0, 50) }
}
