/**
 * A file time as the seconds that `utimes` takes, exact to the microsecond. Doubles are about 238 ns apart nowadays, and the system
 * cuts the fraction to whole nanoseconds, so the nearest double may fall into the microsecond before; then a neighbour is taken.
 *
 * @param milliseconds since 1970, whole
 * @param nanoseconds what they leave out, 0 to 999,999
 */
export function secondsForUtimes(milliseconds: number, nanoseconds: number): number {
  const whole = Math.floor(milliseconds / 1000)
  const wanted = (milliseconds - whole * 1000) * 1_000_000 + nanoseconds
  const nearest = whole + wanted / 1e9
  const step = 2 ** (Math.floor(Math.log2(Math.max(1, Math.abs(nearest)))) - 52)
  const microsecond = Math.floor(wanted / 1000)
  const near = [nearest, nearest + step, nearest - step, nearest + 2 * step]
  return near.find((seconds) => Math.floor(((seconds - whole) * 1e9) / 1000) === microsecond) ?? nearest
}
