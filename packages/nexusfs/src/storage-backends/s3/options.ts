import type { Environment } from '../../engine-kit/registration.ts'
import { checkEndpoint, keyPrefix, objectLocation, parseObjectUri, refuseConfig } from '../object-store/object-uri.ts'
import type { ObjectTimeouts } from '../object-store/retries.ts'

/** Where the blobs are, and how they are reached. What is left out comes from the environment of the process. */
export interface S3BackendOptions {
  readonly bucket: string
  /** What the keys of all objects begin with; a slash is put behind it. Default: none, the whole bucket. */
  readonly prefix?: string | undefined
  /** Default: `AWS_REGION`, else `us-west-2`. */
  readonly region?: string | undefined
  /** `https://host[:port]` of a service other than Amazon's, whose buckets are then in the path. Default: `AWS_ENDPOINT_URL`. */
  readonly endpoint?: string | undefined
  /** Default: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, else what the SDK finds (profiles, roles, the instance's). */
  readonly credentials?: S3Credentials | undefined
  readonly timeouts?: ObjectTimeouts | undefined
  /** Cancels opening. */
  readonly signal?: AbortSignal | undefined
}

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** What the options say, checked. */
export interface S3Settings {
  readonly bucket: string
  readonly prefix: string
  readonly region: string
  readonly endpoint: string | undefined
  readonly credentials: S3Credentials | undefined
  readonly location: string
}

/**
 * The options in `s3://bucket/prefix?region=&endpoint=`; a bare `s3:` is filled from `AWS_BUCKET`.
 * @throws {NexusError} InvalidConfig, never with what may be a secret
 */
export function optionsOfUri(uri: string, env: Environment): S3BackendOptions {
  const { bucket, prefix, parameters } = parseObjectUri(uri, ['region', 'endpoint'])
  return {
    bucket: bucket || env.AWS_BUCKET || refuseConfig('s3', 'the URI names no bucket', 'set AWS_BUCKET, or write s3://BUCKET'),
    prefix,
    region: parameters.get('region') || regionIn(env),
    endpoint: parameters.get('endpoint') || env.AWS_ENDPOINT_URL,
    credentials: credentialsIn(env),
  }
}

/** @throws {NexusError} InvalidConfig, never with a secret */
export function toS3Settings(options: S3BackendOptions, env: Environment = process.env): S3Settings {
  const { bucket, region = regionIn(env), credentials = credentialsIn(env) } = options
  const prefix = keyPrefix('s3', bucket, options.prefix ?? '')
  const endpoint = checkEndpoint('s3', options.endpoint ?? (env.AWS_ENDPOINT_URL || undefined))
  if (!/^[a-z0-9-]{1,64}$/.test(region)) refuseConfig('s3', 'the region is not the name of one', 'write it as us-west-2')
  return { bucket, prefix, region, endpoint, credentials, location: objectLocation('s3', bucket, prefix, { region, endpoint }) }
}

function regionIn(env: Environment): string {
  return env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-west-2'
}

function credentialsIn({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }: Environment): S3Credentials | undefined {
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN || undefined,
  }
}
