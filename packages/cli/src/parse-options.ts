import { InvalidArgumentError } from 'commander'

/** A whole number from 1, as in `3` or `v3`. */
export function parseVersion(text: string): number {
  const version = /^v?([1-9]\d{0,8})$/.exec(text)?.[1]
  if (version === undefined) throw new InvalidArgumentError('write a whole number from 1, as in 3 or v3')
  return Number(version)
}

/** What `--if-match` takes: an etag, or `vN` for a version. */
export function parseIfMatch(text: string): string | { readonly version: number } {
  if (text === '') throw new InvalidArgumentError('write an etag, or vN for a version')
  return /^v\d+$/.test(text) ? { version: parseVersion(text) } : text
}
