/**
 * A file time as the seconds that `utimes` takes, exact to the microsecond: doubles are about 238 ns apart nowadays. They are cut to
 * whole nanoseconds, so the nearest double may fall into the microsecond beside; then a neighbour is taken.
 *
 * @param milliseconds since 1970, whole
 * @param nanoseconds what they leave out, 0 to 999,999
 */
export function secondsForUtimes(milliseconds: number, nanoseconds: number): number {
  const microseconds = milliseconds * 1000 + Math.floor(nanoseconds / 1000)
  const nearest = microseconds / 1e6
  const step = 2 ** (Math.floor(Math.log2(Math.max(1, Math.abs(nearest)))) - 52)
  const near = [nearest, nearest + step, nearest - step, nearest + 2 * step, nearest - 2 * step]
  return near.find((seconds) => microsecondsSet(seconds) === microseconds) ?? nearest
}

/** The microsecond in which `utimes` sets a file: it cuts seconds towards zero to whole nanoseconds. */
function microsecondsSet(seconds: number): number {
  const whole = Math.trunc(seconds)
  return whole * 1e6 + Math.floor(Math.trunc((seconds - whole) * 1e9) / 1000)
}
