/**
 * A file time as the seconds that `utimes` takes, as near as a double comes. The system cuts the fraction to whole nanoseconds, so of
 * the doubles about (238 ns apart nowadays) the least is taken that is not cut to below the time: the microsecond is exact.
 *
 * @param milliseconds since 1970, whole
 * @param nanoseconds what they leave out, 0 to 999,999
 */
export function secondsForUtimes(milliseconds: number, nanoseconds: number): number {
  const whole = Math.floor(milliseconds / 1000)
  const wanted = (milliseconds - whole * 1000) * 1_000_000 + nanoseconds
  const nearest = whole + wanted / 1e9
  const step = 2 ** (Math.floor(Math.log2(Math.max(1, Math.abs(nearest)))) - 52)
  for (const seconds of [nearest - step, nearest, nearest + step, nearest + 2 * step]) {
    if (Math.floor((seconds - whole) * 1e9) >= wanted) return seconds
  }
  return nearest
}
