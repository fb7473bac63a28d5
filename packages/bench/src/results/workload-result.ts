import { isFloorOf, referencesOf } from '../combinations/combination.ts'
import { mean, median, quantile, tailQuantile } from '../statistics/quantile.ts'
import { roundRatio } from '../statistics/round-ratio.ts'
import { type Workload, workloadId } from '../workloads/workload.ts'
import type { ColdFacts, Measurement, RoundRecord } from './measurement.ts'
import type { Comparison, IoFacts, RoundFacts, Statistics, WorkloadResult } from './result-file.ts'

/** Works out the results of a workload from what was measured on each combination. */
export function workloadResults(
  workload: Workload,
  measurements: readonly Measurement[],
  seed: string,
): readonly WorkloadResult[] {
  return measurements.map((measurement) => resultOf(workload, measurement, measurements, seed))
}

function resultOf(
  workload: Workload,
  measurement: Measurement,
  measurements: readonly Measurement[],
  seed: string,
): WorkloadResult {
  const { combination, failure } = measurement
  const id = workloadId(workload)
  const isMeasured = failure === undefined && measurement.rounds.size > 0
  const records = [...measurement.rounds.values()]
  return {
    id: `${id} ${combination.id}`,
    workload: id,
    version: workload.version,
    group: workload.group,
    title: workload.title,
    params: workload.params,
    combo: combination.id,
    durability: combination.durability,
    data: workload.data,
    growth: workload.growth,
    loop: { kind: 'closed', clients: workload.clients },
    operationsPerIteration: workload.operations,
    bytesPerOperation: workload.bytesPerOperation,
    status: isMeasured ? 'measured' : (failure?.kind ?? 'skipped'),
    problem: isMeasured ? undefined : (failure ?? { code: 'Aborted', message: 'interrupted before its first round' }),
    rounds: isMeasured ? roundFacts(measurement) : [],
    stats: isMeasured ? statistics(workload, measurement) : undefined,
    io: isMeasured ? ioFacts(workload, measurement) : undefined,
    cold: isMeasured ? coldFacts(records) : undefined,
    verify: { checkedBytes: sumOf(records, 'checkedBytes'), tornReads: sumOf(records, 'tornReads') },
    vs: isMeasured ? comparisons(workload, measurement, measurements, `${seed}/${id}`) : [],
  }
}

function sumOf<Name extends string>(records: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return records.reduce((sum, record) => sum + record[name], 0)
}

function roundFacts(measurement: Measurement): readonly RoundFacts[] {
  return [...measurement.rounds].map(([round, { position, samplesNs, isWarmUp }]) => ({
    round,
    place: position,
    iterations: samplesNs.length,
    wallNs: samplesNs.reduce((sum, ns) => sum + ns, 0),
    medianNs: median(samplesNs),
    isWarmUp,
  }))
}

/** The round that fetched least stands for all. */
function coldFacts(records: readonly RoundRecord[]): ColdFacts | undefined {
  const facts = records.flatMap(({ cold }) => cold ?? [])
  return facts.sort((a, b) => a.fetchedBytes - b.fetchedBytes)[0]
}

function statistics(workload: Workload, measurement: Measurement): Statistics {
  const samples = [...measurement.rounds.values()].flatMap(({ samplesNs }) => [...samplesNs])
  const seconds = samples.reduce((sum, ns) => sum + ns, 0) / 1e9
  const operations = samples.length * workload.operations
  return {
    samples: samples.length,
    minNs: quantile(samples, 0),
    meanNs: mean(samples),
    p50Ns: median(samples),
    p99Ns: tailQuantile(samples, 0.99),
    maxNs: quantile(samples, 1),
    operationsPerSecond: operations / seconds,
    bytesPerSecond: (operations * workload.bytesPerOperation) / seconds,
  }
}

function ioFacts(workload: Workload, { finish, fsyncs }: Measurement): IoFacts | undefined {
  if (finish === undefined) return undefined
  const operations = finish.iterations * workload.operations
  return {
    storedBytes: finish.storedBytes / operations,
    diskBytes: finish.diskBytes === undefined ? undefined : finish.diskBytes / operations,
    logicalBytes: finish.logicalBytes / operations,
    fsyncs,
  }
}

/** Against its baselines, the nearest in promise first, and against the floor of its class where one took part. */
function comparisons(
  workload: Workload,
  measurement: Measurement,
  measurements: readonly Measurement[],
  seed: string,
): readonly Comparison[] {
  const { combination } = measurement
  const others = measurements.filter((other) => other !== measurement && other.failure === undefined)
  const baselines = referencesOf(combination, workload).flatMap((id) => others.filter((other) => other.combination.id === id))
  const floors = others.filter((other) => isFloorOf(other.combination, combination))
  return [...baselines, ...floors].map((other) =>
    compare(measurement, other, `${seed}/${combination.id}/${other.combination.id}`),
  )
}

/** Only rounds that both completed are paired. */
function compare(measurement: Measurement, other: Measurement, seed: string): Comparison {
  const shared = [...measurement.rounds.keys()].filter((round) => other.rounds.has(round))
  const medians = ({ rounds }: Measurement) => shared.map((round) => median(rounds.get(round)?.samplesNs ?? []))
  return {
    reference: other.combination.id,
    ...roundRatio(medians(measurement), medians(other), { seed }),
    isSameClass: other.combination.durability === measurement.combination.durability,
  }
}
