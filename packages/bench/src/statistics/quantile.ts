/**
 * The q-quantile with linear interpolation between order statistics (type 7 of Hyndman and Fan 1996); NaN of nothing.
 * @param values in any order
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  const position = q * (sorted.length - 1)
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Samples that must lie above a tail quantile before it is worth printing. */
const samplesAboveTail = 10

/** A tail quantile, or `undefined` if fewer than ten samples lie above it: then it says nothing. */
export function tailQuantile(values: readonly number[], q: number): number | undefined {
  return isTailKnown(values.length, q) ? quantile(values, q) : undefined
}

/** The comparison allows for the rounding of `1 - q`. */
function isTailKnown(count: number, q: number): boolean {
  return count * (1 - q) >= samplesAboveTail - 1e-6
}
