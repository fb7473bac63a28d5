import { referencesOf } from '../combinations/combination.ts'
import type { RoundRecord } from '../results/measurement.ts'
import { median } from '../statistics/quantile.ts'
import { roundRatio } from '../statistics/round-ratio.ts'
import { type RandomSource, shuffled } from '../statistics/seeded-random.ts'
import type { FreshLocation } from '../subjects/open-subject.ts'
import { type Workload, workloadId } from '../workloads/workload.ts'
import { attempt, type Entrant, isIn } from './entrant.ts'

export interface MeasureOptions {
  readonly seed: string
  readonly random: RandomSource
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number
  /** When this workload should be done, on that clock. One round is measured even if it has passed. */
  readonly deadline: number
  readonly maximalRounds: number
  /** No more rounds once every ratio is known to this half-width, as a share of the ratio. */
  readonly precision: number
  readonly location: (entrant: Entrant) => FreshLocation
  /** Once it has fired, no further round begins. */
  readonly signal: AbortSignal
  readonly onRound: (progress: RoundProgress) => void
}

interface RoundProgress {
  /** Rounds done. */
  readonly done: number
  /** Rounds that will probably be done in all. */
  readonly planned: number
}

/** Rounds that a workload should get within its time; they decide how long a round is. */
const wantedRounds = 12
/** A warm-up goes on until an entrant has worked this long, in milliseconds. */
const warmUpMs = 5

/**
 * Measures one workload on all entrants: fresh locations, a warm-up, then rounds in which each of them has its turn in random order, then the
 * final checks. What it finds is in the entrants; an entrant that fails is out, the others go on.
 */
export async function measureWorkload(workload: Workload, entrants: readonly Entrant[], options: MeasureOptions): Promise<void> {
  const { now } = options
  const started = now()
  const request = { workload: workloadId(workload), seed: options.seed }
  for (const entrant of entrants) {
    entrant.traits = await attempt(entrant, () =>
      entrant.worker.begin({ ...request, combination: entrant.combination, location: options.location(entrant) }),
    )
  }
  const setUpMs = now() - started
  try {
    if (!options.signal.aborted) await measureRounds(workload, entrants, { ...options, deadline: options.deadline - setUpMs / 2 })
    for (const entrant of entrants.filter(hasRounds)) {
      entrant.finish = await attempt(entrant, () => entrant.worker.finish())
    }
  } finally {
    for (const entrant of entrants) await attempt(entrant, () => entrant.worker.end())
  }
}

async function measureRounds(workload: Workload, entrants: readonly Entrant[], options: MeasureOptions): Promise<void> {
  const { now, deadline, signal } = options
  const { slowestMs, records } = await warmUp(entrants, options)
  if (now() > deadline) return keepWarmUp(records)
  const targetMs = Math.max(1, Math.min(100, (deadline - now()) / (2 * wantedRounds * entrants.length)))
  const iterations = iterationsPerRound(workload, slowestMs, targetMs)
  const limit = Math.min(options.maximalRounds, roundLimit(workload, iterations))
  const orders = roundOrders(entrants, options.random)
  const begun = now()
  for (let round = 0; round < limit && entrants.some(isIn); round++) {
    const roundMs = round === 0 ? 0 : (now() - begun) / round
    if (round > 0 && (signal.aborted || now() + roundMs > deadline || isPrecise(round, workload, entrants, options))) break
    await measureRound(round, orders.next().value, iterations)
    options.onRound({ done: round + 1, planned: plannedRounds(round + 1, begun, limit, options) })
  }
}

async function measureRound(round: number, order: readonly Entrant[], iterations: number): Promise<void> {
  for (const [position, entrant] of order.entries()) {
    if (!isIn(entrant)) continue
    const report = await attempt(entrant, () => entrant.worker.round(iterations))
    if (report !== undefined) entrant.rounds.set(round, { ...report, position, isWarmUp: false })
  }
}

interface WarmUp {
  /** One iteration of the slowest. */
  readonly slowestMs: number
  /** The first iteration of each. */
  readonly records: ReadonlyMap<Entrant, RoundRecord>
}

/** On a machine so slow that the time is up already, the first iteration is the only round, and is marked. */
function keepWarmUp(records: WarmUp['records']): void {
  for (const [entrant, record] of records) if (isIn(entrant)) entrant.rounds.set(0, record)
}

/** Lets every entrant work for a few milliseconds, uncounted. */
async function warmUp(entrants: readonly Entrant[], options: MeasureOptions): Promise<WarmUp> {
  let slowestMs = 0
  const records = new Map<Entrant, RoundRecord>()
  for (const [position, entrant] of shuffled(entrants, options.random).entries()) {
    if (!isIn(entrant)) continue
    const first = await attempt(entrant, () => entrant.worker.round(1))
    if (first === undefined) continue
    records.set(entrant, { ...first, position, isWarmUp: true })
    slowestMs = Math.max(slowestMs, await settledMs(entrant, medianMs(first.samplesNs), options))
  }
  return { slowestMs, records }
}

/** Goes on in growing batches until the entrant has worked long enough. Resolves with the time of one iteration in the last batch. */
async function settledMs(entrant: Entrant, firstMs: number, { now, deadline }: MeasureOptions): Promise<number> {
  let [iterationMs, spentMs] = [firstMs, firstMs]
  for (let batch = 4; spentMs < warmUpMs && batch <= 256 && now() <= deadline; batch *= 4) {
    const count = Math.min(batch, Math.ceil((2 * warmUpMs) / Math.max(iterationMs, 0.01)))
    const report = await attempt(entrant, () => entrant.worker.round(count))
    if (report === undefined) break
    iterationMs = medianMs(report.samplesNs)
    spentMs += iterationMs * count
  }
  return iterationMs
}

function medianMs(samplesNs: readonly number[]): number {
  return median(samplesNs) / 1e6
}

/** Stops on the width of the intervals, never on what they say. Looked at every fourth round, from the twelfth on. */
function isPrecise(
  round: number,
  workload: Workload,
  entrants: readonly Entrant[],
  { precision, seed }: MeasureOptions,
): boolean {
  if (round < wantedRounds || round % 4 !== 0) return false
  const ready = entrants.filter(isIn)
  return ready.every((entrant) => {
    const [nearest] = referencesOf(entrant.combination, workload)
    const reference = ready.find(({ combination }) => combination.id === nearest)
    if (reference === undefined) return true
    const { ratio, interval } = roundRatio(roundMedians(entrant), roundMedians(reference), { seed, resamples: 500 })
    return interval !== undefined && (interval.high - interval.low) / 2 <= precision * ratio
  })
}

function roundMedians(entrant: Entrant): number[] {
  return [...entrant.rounds.values()].map(({ samplesNs }) => median(samplesNs))
}

function plannedRounds(done: number, begun: number, limit: number, { now, deadline }: MeasureOptions): number {
  const roundMs = (now() - begun) / done
  const more = Math.max(0, Math.floor((deadline - now()) / Math.max(roundMs, 0.001)))
  return Math.min(limit, done + more)
}

function hasRounds(entrant: Entrant): boolean {
  return isIn(entrant) && entrant.rounds.size > 0
}

/**
 * Random orders in which everybody has each position equally often: a random order is rotated until all rotations, themselves shuffled, are
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

/** Content that a round may hold in memory. */
const roundBytes = 64 * 1024 * 1024
/** Content that a combination may write in all rounds of a workload. */
const workloadBytes = 768 * 1024 * 1024
const maximalIterations = 500

/** How many iterations make a round: as many as the slowest combination does in `targetMs`, within the limits of memory. */
export function iterationsPerRound(workload: Workload, slowestMs: number, targetMs: number): number {
  if (workload.cold !== undefined) return 1
  const byTime = Math.floor(targetMs / Math.max(slowestMs + (workload.quietMs ?? 0), 0.001))
  const byMemory = Math.floor(roundBytes / Math.max(bytesPerIteration(workload), 1))
  return Math.max(1, Math.min(byTime, byMemory, maximalIterations))
}

/** How many rounds of that size a workload may have before it has written too much. */
export function roundLimit(workload: Workload, iterations: number): number {
  if (workload.data === 'none') return Number.POSITIVE_INFINITY
  return Math.max(1, Math.floor(workloadBytes / Math.max(bytesPerIteration(workload) * iterations, 1)))
}

function bytesPerIteration(workload: Workload): number {
  return workload.operations * workload.bytesPerOperation
}
