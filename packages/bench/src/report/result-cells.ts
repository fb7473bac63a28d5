import type { Comparison, WorkloadResult } from '../results/result-file.ts'
import { roundsForInterval } from '../statistics/round-ratio.ts'
import { formatCount, formatDuration, formatInterval, formatRatio } from './format.ts'

/** A result as the tables of every report show it. */
export interface ResultCells {
  readonly median: string
  readonly ratio: string
  readonly p99: string
  readonly operations: string
  readonly stored: string
  readonly fsyncs: string
  readonly rounds: string
}

/** The cells of a measured result; dashes for any other. */
export function resultCells(result: WorkloadResult): ResultCells {
  const { stats, io } = result
  if (stats === undefined) return emptyCells
  return {
    median: formatDuration(stats.p50Ns),
    ratio: ratioText(result),
    p99: stats.p99Ns === undefined ? 'n too small' : formatDuration(stats.p99Ns),
    operations: formatCount(stats.operationsPerSecond),
    stored: io === undefined || result.data === 'none' ? '-' : formatCount(io.storedBytes),
    fsyncs: typeof io?.fsyncs === 'number' && result.data !== 'none' ? formatCount(io.fsyncs) : '-',
    rounds: `${result.rounds.length}`,
  }
}

/** The headline of a result: against the nearest baseline, and for an overwrite also against the one that truncates in place. */
export function ratioText({ vs }: WorkloadResult): string {
  const [nearest, other] = vs
  if (!nearest?.reference.includes('+atomic')) return ratioCell(nearest)
  const inPlace = other?.reference.startsWith('local_fs') ? `, in place ${formatRatio(other.ratio)}` : ''
  return `${ratioCell(nearest)} atomic${inPlace}`
}

/** `0.62x [0.58, 0.66]`; with too few rounds for an interval, and between two classes, it says so. */
export function ratioCell(comparison: Comparison | undefined): string {
  if (comparison === undefined) return '1x'
  const { ratio, interval, isSameClass } = comparison
  const certainty = interval === undefined ? `n<${roundsForInterval}` : formatInterval(interval)
  return `${formatRatio(ratio)} ${certainty}${isSameClass ? '' : ' !=durability'}`
}

const emptyCells: ResultCells = { median: '-', ratio: '-', p99: '-', operations: '-', stored: '-', fsyncs: '-', rounds: '-' }

/** The share of written bytes that are not stored again, from 0 to 1; `undefined` if nothing was written. */
export function savedShare(result: WorkloadResult): number | undefined {
  if (result.io === undefined || result.io.logicalBytes === 0) return undefined
  return Math.max(0, 1 - result.io.storedBytes / result.io.logicalBytes)
}

/** An interval is wide if its half-width is more than a tenth of the ratio. */
export function isWide({ ratio, interval }: Comparison): boolean {
  return interval === undefined || (interval.high - interval.low) / 2 > ratio / 10
}
