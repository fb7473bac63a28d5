import { NexusError } from '../../core/errors.ts'

/** The parts of `scheme://bucket/prefix?name=value`. */
export interface ObjectUri {
  /** Empty in a bare URI. */
  readonly bucket: string
  /** Percent-decoded, as it is in object keys; empty = the whole bucket. */
  readonly prefix: string
  readonly parameters: ReadonlyMap<string, string>
}

const form = /^[a-z][a-z0-9]*:(?:\/\/(?<bucket>[^/?]*)(?:\/(?<prefix>[^?]*))?)?(?:\?(?<query>.*))?$/su

/**
 * @param known the parameters that the scheme has
 * @throws {NexusError} InvalidConfig, never with what may be a secret
 */
export function parseObjectUri(uri: string, known: readonly string[]): ObjectUri {
  const scheme = uri.slice(0, uri.indexOf(':'))
  const {
    bucket = '',
    prefix = '',
    query = '',
  } = form.exec(uri)?.groups ?? refuseConfig(scheme, 'the URI has another form', `write ${scheme}://BUCKET/PREFIX`)
  if (bucket.includes('@')) refuseConfig(scheme, 'the URI holds a user or a password', 'leave them to the environment')
  const parameters = new Map(new URLSearchParams(query))
  for (const name of parameters.keys()) {
    if (!known.includes(name))
      refuseConfig(scheme, `the URI has the parameter ${JSON.stringify(name)}`, `known: ${known.join(', ')}`)
  }
  return {
    bucket,
    prefix: decode(prefix) ?? refuseConfig(scheme, 'the prefix is not percent-encoded', 'write % as %25'),
    parameters,
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{1,220}[A-Za-z0-9]$/
/** An object key has at most 1,024 bytes, and a blob key up to 240 of them. */
const prefixBytes = 768

/**
 * What all object keys of a namespace begin with: the prefix, and a slash behind it, so that `x` and `x1` never meet.
 * @throws {NexusError} InvalidConfig for a bucket or a prefix that object stores do not take
 */
export function keyPrefix(scheme: string, bucket: string, prefix: string): string {
  if (!namePattern.test(bucket)) {
    refuseConfig(scheme, 'the name of the bucket is not one', 'write 3 letters or more, out of letters, digits, dots and hyphens')
  }
  const whole = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  if (!whole.isWellFormed() || /\p{Cc}/u.test(whole))
    refuseConfig(scheme, 'the prefix holds control characters or is not Unicode', 'choose another')
  if (Buffer.byteLength(whole) > prefixBytes)
    refuseConfig(scheme, `the prefix has more than ${prefixBytes} bytes`, 'choose a shorter one')
  if (whole.split('/').some((segment) => segment === '.' || segment === '..')) {
    refuseConfig(scheme, 'the prefix has a segment of dots alone', 'object stores have no folders; leave it out')
  }
  return whole
}

/** For people, and to be pasted: without a secret, as no part of it is one. */
export function objectLocation(
  scheme: string,
  bucket: string,
  prefix: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const path = prefix === '' ? '' : `/${encodeURI(prefix).replaceAll('?', '%3F').replaceAll('#', '%23')}`
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value)
  return `${scheme}://${bucket}${path}${query.size === 0 ? '' : `?${query}`}`
}

/**
 * The URL of a service, as it was written.
 * @throws {NexusError} InvalidConfig, never with what may be a secret
 */
export function checkEndpoint(scheme: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const advice = 'write https://HOST:PORT'
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return refuseConfig(scheme, 'the endpoint is not a URL', advice)
  if (url.username !== '' || url.password !== '') {
    refuseConfig(scheme, 'the endpoint holds a user or a password', 'leave them to the environment')
  }
  if (url.search !== '' || url.hash !== '') refuseConfig(scheme, 'the endpoint has parameters', advice)
  return text
}

/** @throws {NexusError} InvalidConfig */
export function refuseConfig(scheme: string, what: string, advice: string): never {
  throw new NexusError('InvalidConfig', `${scheme}: ${what}`, { advice, operation: 'storage.open', outcome: 'none' })
}
