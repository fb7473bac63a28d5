import { mean, quantile } from './quantile.ts'
import { type RandomSource, seededRandom } from './seeded-random.ts'

/** Fewer rounds than this carry no interval. */
export const roundsForInterval = 6

/** How many times longer one combination took than another. */
export interface RatioEstimate {
  readonly ratio: number
  /** The 95 % interval; absent with fewer than six rounds. */
  readonly interval: { readonly low: number; readonly high: number } | undefined
  /** Pairs of rounds that both combinations completed. */
  readonly rounds: number
}

export interface RatioOptions {
  readonly seed: string
  /** 10,000 if absent. */
  readonly resamples?: number | undefined
}

/**
 * Compares medians of rounds, pair by pair: exp(mean of log(a round's median / the reference's median in the same round)). The interval
 * is a bootstrap over rounds, since operations of one round are alike. Its percentiles are widened for few rounds (Hesterberg 2015,
 * "expanded percentile"), because the plain ones cover about 90 % at ten rounds instead of 95 %.
 * @param medians and `reference`: one positive number a round, in the same order
 */
export function roundRatio(medians: readonly number[], reference: readonly number[], options: RatioOptions): RatioEstimate {
  const logs = logRatios(medians, reference)
  const ratio = Math.exp(mean(logs))
  if (logs.length < roundsForInterval) return { ratio, interval: undefined, rounds: logs.length }
  const means = bootstrapMeans(logs, options.resamples ?? 10_000, seededRandom(options.seed))
  const tail = expandedTail(logs.length)
  const interval = { low: Math.exp(quantile(means, tail)), high: Math.exp(quantile(means, 1 - tail)) }
  return { ratio, interval, rounds: logs.length }
}

function logRatios(medians: readonly number[], reference: readonly number[]): number[] {
  const pairs = Math.min(medians.length, reference.length)
  return Array.from({ length: pairs }, (_, round) => Math.log((medians[round] ?? 1) / (reference[round] ?? 1)))
}

function bootstrapMeans(values: readonly number[], resamples: number, random: RandomSource): number[] {
  return Array.from({ length: resamples }, () => {
    let sum = 0
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)] ?? 0
    return sum / values.length
  })
}

/** The share to cut off at each end: 2.5 % for many values, less for few. */
function expandedTail(count: number): number {
  return normalCdf(-Math.sqrt(count / (count - 1)) * studentQuantile(0.975, count - 1))
}

/** The standard normal distribution function; absolute error below 2e-7 (Abramowitz and Stegun 7.1.26). */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const upperTail = 0.5 * polynomial * Math.exp(-x * x)
  return z > 0 ? 1 - upperTail : upperTail
}

/** The z below which a share `p` of the standard normal distribution lies, 0 < p < 1; found by bisection to about 1e-6. */
export function normalQuantile(p: number): number {
  let low = -9
  let high = 9
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The t below which a share `p` of Student's distribution lies; the expansion of Fisher and Cornish, within 0.2 % from 5 degrees up. */
export function studentQuantile(p: number, degrees: number): number {
  const z = normalQuantile(p)
  const first = (z ** 3 + z) / 4
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3
}
