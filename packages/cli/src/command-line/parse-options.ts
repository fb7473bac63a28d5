import { InvalidArgumentError } from 'commander'

/** A whole number from 1, as in `3` or `v3`. */
export function parseVersion(text: string): number {
  const version = /^v?([1-9]\d{0,8})$/.exec(text)?.[1]
  if (version === undefined) throw new InvalidArgumentError('write a whole number from 1, as in 3 or v3')
  return Number(version)
}

/** Bytes of a file: from one on, so many or all; or the last ones. */
export type ByteRange = { readonly start: number; readonly length?: number | undefined } | { readonly last: number }

/** One range of bytes as in the header `Range` of HTTP: `0-99`, `100-`, or `-100` for the last 100. */
export function parseByteRange(text: string): ByteRange {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(text) ?? []
  const [start, end] = [Number(first), Number(last)]
  const isWhole = Number.isSafeInteger(start) && Number.isSafeInteger(end)
  if (isWhole && first === '' && end > 0) return { last: end }
  if (isWhole && first !== '' && last === '') return { start }
  if (isWhole && first !== '' && start <= end) return { start, length: end - start + 1 }
  throw new InvalidArgumentError('write it as 0-99, 100- or -100')
}

/** Octal digits, as of `chmod`. */
export function parseMode(text: string): number {
  if (!/^[0-7]{1,4}$|^0[0-7]{4}$/.test(text)) throw new InvalidArgumentError('write octal digits, as in 644 or 755')
  return Number.parseInt(text, 8)
}

/** What `--if-match` takes: an etag, `vN` for a version, or a digest. */
export function parseIfMatch(text: string): string | { readonly version: number } | { readonly digest: string } {
  if (text === '') throw new InvalidArgumentError('write an etag, vN for a version, or sha256:... for a digest')
  if (text.startsWith('sha256:')) return { digest: text }
  return /^v\d+$/.test(text) ? { version: parseVersion(text) } : text
}

const millisecondsOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `100s`, `10m`, `500ms`, or a number of seconds. */
export function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  const duration = Number(number) * (millisecondsOf[unit] ?? Number.NaN)
  if (duration > 0) return duration
  throw new InvalidArgumentError('write it as 100s or 10m')
}

/** A whole number from 1 to `most`. */
export function parseCount(most: number): (text: string) => number {
  return (text) => {
    const count = Number(text)
    if (/^\d+$/.test(text) && count >= 1 && count <= most) return count
    throw new InvalidArgumentError(`write a whole number from 1 to ${most.toLocaleString('en-US')}`)
  }
}

/** Lists with commas and repeated options alike. */
export function collectList(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((word) => word !== '')]
}
