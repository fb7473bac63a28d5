/** `0.97 ms`: three digits and the unit that suits. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds >= 1e9) return `${threeDigits(nanoseconds / 1e9)} s`
  if (nanoseconds >= 1e6) return `${threeDigits(nanoseconds / 1e6)} ms`
  return nanoseconds >= 1e3 ? `${threeDigits(nanoseconds / 1e3)} µs` : `${Math.round(nanoseconds)} ns`
}

/** `1,212`; below ten, with two decimals where there are any. */
export function formatCount(value: number): string {
  if (Math.abs(value) >= 10 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(2)
}

/** `0.62x`, `14x`. */
export function formatRatio(ratio: number): string {
  return `${ratioDigits(ratio)}x`
}

/** `[0.58, 0.66]` */
export function formatInterval({ low, high }: { readonly low: number; readonly high: number }): string {
  return `[${ratioDigits(low)}, ${ratioDigits(high)}]`
}

function ratioDigits(value: number): string {
  if (value >= 100) return value.toFixed(0)
  if (value >= 10) return value.toFixed(1)
  return value.toFixed(value < 0.095 ? 3 : 2)
}

function threeDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}
