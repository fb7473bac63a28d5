import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Combination, hasServer } from '../combinations/combination.ts'
import type { Skip, WorkloadResult } from '../results/result-file.ts'
import { workloadResults } from '../results/workload-result.ts'
import type { PlannedWorkload } from '../selection/plan-run.ts'
import { seededRandom } from '../statistics/seeded-random.ts'
import { type Workload, workloadId } from '../workloads/workload.ts'
import type { BeginRequest, CombinationWorker } from './combination-worker.ts'
import { type Entrant, isIn, newEntrant } from './entrant.ts'
import { measureWorkload } from './measure-workload.ts'

export interface SuiteOptions {
  readonly plan: readonly PlannedWorkload[]
  readonly seed: string
  readonly budgetMs: number
  readonly maximalRounds: number
  /** A folder for the files of the run; what the run makes in it, it removes. */
  readonly folder: string
  readonly newWorker: (combination: Combination) => CombinationWorker
  /** Counts fsyncs per operation from outside; absent = nobody does. Resolves with a reason where it cannot. */
  readonly countFsyncs?: ((workload: Workload, request: Omit<BeginRequest, 'workload'>) => Promise<number | string>) | undefined
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number
  /** Once it has fired, the round under way ends the run. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: SuiteProgress) => void
  /** Called with the results of each workload when it is done. */
  readonly onResults: (results: readonly WorkloadResult[]) => Promise<void>
}

export interface SuiteProgress {
  readonly workload: string
  /** From 1. */
  readonly number: number
  readonly of: number
  readonly roundsDone: number
  readonly roundsPlanned: number
  readonly leftMs: number
  /** True once, when the workload is finished. */
  readonly isDone: boolean
}

export interface SuiteOutcome {
  readonly settings: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** Workloads that the run did not come to. */
  readonly skips: readonly Skip[]
}

/** Intervals are good enough when their half-width is 3 % of the ratio. */
const precision = 0.03
/** The part of a workload's time that is kept for counting fsyncs. */
const countingShare = 0.15

/** Runs every planned workload, each on all its combinations, within the budget. */
export async function runSuite(options: SuiteOptions): Promise<SuiteOutcome> {
  const workers = new Map<string, CombinationWorker>()
  const workerOf = (combination: Combination): CombinationWorker => {
    const worker = workers.get(combination.id) ?? options.newWorker(combination)
    workers.set(combination.id, worker)
    return worker
  }
  const folder = await mkdtemp(join(options.folder, 'nexus-bench-'))
  try {
    const combinations = new Set(options.plan.flatMap((planned) => planned.combinations))
    await Promise.allSettled([...combinations].map((combination) => workerOf(combination).start()))
    return await runAll(options, folder, workerOf)
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.close()))
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function runAll(
  options: SuiteOptions,
  folder: string,
  workerOf: (combination: Combination) => CombinationWorker,
): Promise<SuiteOutcome> {
  const { plan, signal } = options
  const budget = new Budget(options.budgetMs, options.now)
  const settings = new Map<string, Readonly<Record<string, string>>>()
  const skips: Skip[] = []
  for (const [index, planned] of plan.entries()) {
    if (signal.aborted || budget.isOverrun) {
      skips.push({ what: workloadId(planned.workload), reason: signal.aborted ? 'interrupted' : 'the budget is spent' })
      continue
    }
    const entrants = planned.combinations.map((combination) => newEntrant(combination, workerOf(combination)))
    await runOne(planned, entrants, { ...options, index, budget, folder })
    for (const { combination, traits } of entrants) if (traits !== undefined) settings.set(combination.id, traits.settings)
    await options.onResults(workloadResults(planned.workload, entrants, options.seed))
  }
  return { settings, skips }
}

interface RunOneOptions extends SuiteOptions {
  readonly index: number
  readonly budget: Budget
}

async function runOne({ workload }: PlannedWorkload, entrants: readonly Entrant[], options: RunOneOptions): Promise<void> {
  const { plan, seed, budget, index, folder } = options
  const id = workloadId(workload)
  const progress = { roundsDone: 0, roundsPlanned: 0 }
  const deadline = budget.deadlineOfNext(plan.length - index)
  const report = (isDone: boolean) =>
    options.onProgress({ workload: id, number: index + 1, of: plan.length, ...progress, leftMs: budget.leftMs, isDone })
  report(false)
  await measureWorkload(workload, entrants, {
    seed,
    random: seededRandom(`${seed}/${id}/order`),
    now: options.now,
    deadline: workload.data === 'none' ? deadline : deadline - countingShare * (deadline - options.now()),
    maximalRounds: options.maximalRounds,
    precision,
    location: () => freshLocation(folder),
    signal: options.signal,
    onRound: ({ done, planned }) => {
      progress.roundsDone = done
      progress.roundsPlanned = planned
      report(false)
    },
  })
  for (const entrant of entrants.filter(isIn)) {
    entrant.fsyncs = await fsyncsOf(workload, entrant, { ...options, deadline })
    if (neverSynced(workload, entrant)) {
      const message = `claims class ${entrant.combination.durability}, never synced: its writes were acknowledged without one fsync`
      entrant.failure = { kind: 'void', code: 'Unexpected', message }
    }
  }
  report(true)
}

/** What survives a power loss on this machine has been synced at some time. A server does that where nothing here counts it. */
function neverSynced(workload: Workload, { combination, fsyncs }: Entrant): boolean {
  const isDurable = combination.durability === 'disk' || combination.durability === 'replicated'
  return isDurable && !hasServer(combination) && workload.data !== 'none' && fsyncs === 0
}

/** What the subject counted itself; else what is counted from outside, for workloads that write, while there is time. */
async function fsyncsOf(
  workload: Workload,
  { combination, finish }: Entrant,
  options: RunOneOptions & { deadline: number },
): Promise<number | string> {
  if (finish?.fsyncs !== undefined) return finish.fsyncs / (finish.iterations * workload.operations)
  if (workload.data === 'none') return 'counted for workloads that write'
  if (hasServer(combination)) return 'a server makes some of them, which nothing here counts'
  if (options.countFsyncs === undefined) return 'nothing counts them'
  if (options.signal.aborted || options.now() > options.deadline) return 'there was no time left to count them'
  return options.countFsyncs(workload, { combination, location: freshLocation(options.folder), seed: options.seed })
}

function freshLocation(folder: string): { namespace: string; folder: string } {
  const namespace = `bench-${randomBytes(8).toString('hex')}`
  return { namespace, folder: join(folder, namespace) }
}

/** Shares the time of a run among its workloads. All times in milliseconds. */
class Budget {
  readonly #totalMs: number
  readonly #now: () => number
  readonly #started: number

  constructor(totalMs: number, now: () => number) {
    this.#totalMs = totalMs
    this.#now = now
    this.#started = now()
  }

  get elapsedMs(): number {
    return this.#now() - this.#started
  }

  get leftMs(): number {
    return Math.max(0, this.#totalMs - this.elapsedMs)
  }

  /** When the next of so many workloads that are still to come should be done: time that one left over goes to those behind it. */
  deadlineOfNext(workloadsLeft: number): number {
    return this.#now() + this.leftMs / Math.max(1, workloadsLeft)
  }

  /** True once the run is so late that the workloads still to come are left out. */
  get isOverrun(): boolean {
    return this.elapsedMs > this.#totalMs * 1.12
  }
}
