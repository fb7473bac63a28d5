import type { DurabilityClass } from '../library.ts'
import type { ResultFile } from '../results/result-file.ts'
import { type Workload, workloadId } from '../workloads/workload.ts'

/** A figure that Nexus wants to reach on any machine: a ratio to something measured in the same run. */
export interface Goal {
  readonly row: string
  readonly workload: string
  readonly combo: string
  readonly reference: string
  readonly durability: DurabilityClass
  /** At most. */
  readonly ratio: number
}

const disk = { combo: 'local-sqlite', reference: 'local_fs+fsync', durability: 'disk' } as const
const os = { combo: 'local-sqlite:os', reference: 'local_fs', durability: 'os' } as const
const knownContent = { row: 'write 1 MiB known content', workload: 'targets/write-known[size=1MiB]' }

/** The goals of the local combination, one by one. */
export const goals: readonly Goal[] = [
  ...both('write 1 KiB, new', 'targets/write-new[size=1KiB]', 0.6, 0.45),
  ...both('write 1 KiB, overwrite', 'throughput/write[size=1KiB]', 0.75, 0.25),
  ...both('write 100 KiB unique, new', 'targets/write-new[size=100KiB]', 1.1, 1.9),
  ...both('write 100 KiB unique, overwrite', 'throughput/write[size=100KiB]', 1.1, 1.9),
  ...both('write 1 MiB unique, new', 'targets/write-new[size=1MiB]', 1.2, 2.1),
  ...both('write 1 MiB unique, overwrite', 'throughput/write[size=1MiB]', 1.2, 1.3),
  ...both('write 10 MiB unique, new', 'targets/write-new[size=10MiB]', 1.2, 2.1),
  ...both('write 10 MiB unique, overwrite', 'throughput/write[size=10MiB]', 1.2, 1.3),
  { ...knownContent, ...disk, ratio: 0.9 },
  { ...knownContent, ...disk, reference: 'sha256+commit', ratio: 1.15 },
  { ...knownContent, ...os, reference: 'sha256+commit:os', ratio: 1.15 },
  ...both('100 x 1 KiB, one by one', 'small/write[n=100,size=1KiB]', 0.8, 0.45),
  ...both('100 x 1 KiB, one batch', 'small/write-batch[n=100,size=1KiB]', 0.1, 0.12),
  ...both('10 concurrent writers, 10 KiB each', 'concurrency/write-10', 0.4, 0.5),
  ...both('50 concurrent writers, 10 KiB each', 'concurrency/write-50', 0.4, 0.5),
  ...onOs('read 1 KiB, warm', 'throughput/read[size=1KiB]', 0.1),
  ...onOs('read 100 KiB, warm', 'throughput/read[size=100KiB]', 0.35),
  ...onOs('read 1 MiB, warm', 'throughput/read[size=1MiB]', 0.5),
  ...onOs('read 10 MiB, warm', 'throughput/read[size=10MiB]', 1.0),
  ...onOs('exists', 'metadata/exists', 0.35),
  ...onOs('list 50 names', 'metadata/list[n=50]', 0.8),
  ...onOs('list 50 with stat', 'targets/list-stat[n=50]', 0.3),
]

/** The workloads that the goals need. */
export function targetWorkloadsOf(workloads: readonly Workload[]): readonly Workload[] {
  const needed = new Set(goals.map(({ workload }) => workload))
  return workloads.filter((workload) => needed.has(workloadId(workload)))
}

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

function both(row: string, workload: string, onDisk: number, inOs: number): readonly Goal[] {
  return [{ row, workload, ...disk, ratio: onDisk }, ...onOs(row, workload, inOs)]
}

function onOs(row: string, workload: string, ratio: number): readonly Goal[] {
  return [{ row, workload, ...os, ratio }]
}
