import { InvalidArgumentError } from 'commander'

/** A whole number from 1, as in `3` or `v3`. */
export function parseVersion(text: string): number {
  const version = /^v?([1-9]\d{0,8})$/.exec(text)?.[1]
  if (version === undefined) throw new InvalidArgumentError('write a whole number from 1, as in 3 or v3')
  return Number(version)
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
