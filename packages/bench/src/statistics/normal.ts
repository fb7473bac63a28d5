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
