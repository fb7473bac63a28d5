import type { Environment } from '../../engine-kit/registration.ts'
import { checkEndpoint, keyPrefix, objectLocation, parseObjectUri, refuseConfig } from '../object-store/object-uri.ts'
import type { ObjectTimeouts } from '../object-store/retries.ts'

/** Where the blobs are, and how they are reached. What is left out comes from the environment of the process. */
export interface GCSBackendOptions {
  readonly bucket: string
  /** What the names of all objects begin with; a slash is put behind it. Default: none, the whole bucket. */
  readonly prefix?: string | undefined
  /**
   * `https://host[:port]` of an emulator or another way to the service. Default: `STORAGE_EMULATOR_HOST`, else Google's. The credentials
   * of the environment are sent to hosts under googleapis.com alone.
   */
  readonly apiEndpoint?: string | undefined
  /**
   * An access token (OAuth 2), asked for before each request. Default: those of the application-default credentials
   * (`GOOGLE_APPLICATION_CREDENTIALS`, `gcloud auth application-default login`, the service account of the machine).
   */
  readonly token?: (() => Promise<string>) | undefined
  readonly timeouts?: ObjectTimeouts | undefined
  /** Cancels opening. */
  readonly signal?: AbortSignal | undefined
}

/** What the options say, checked. */
export interface GcsSettings {
  readonly bucket: string
  readonly prefix: string
  readonly endpoint: string
  readonly token: (() => Promise<string>) | undefined
  /** The host is Google's, and may see the credentials of the environment. */
  readonly isGoogles: boolean
  readonly location: string
}

const googles = 'https://storage.googleapis.com'

/**
 * The options in `gs://bucket/prefix?apiEndpoint=`; a bare `gs:` is filled from `GCS_BUCKET`.
 * @throws {NexusError} InvalidConfig, never with what may be a secret
 */
export function optionsOfUri(uri: string, env: Environment): GCSBackendOptions {
  const { bucket, prefix, parameters } = parseObjectUri(uri, ['apiEndpoint'])
  return {
    bucket: bucket || env.GCS_BUCKET || refuseConfig('gs', 'the URI names no bucket', 'set GCS_BUCKET, or write gs://BUCKET'),
    prefix,
    apiEndpoint: parameters.get('apiEndpoint') || emulatorIn(env),
  }
}

/** @throws {NexusError} InvalidConfig, never with a secret */
export function toGcsSettings(options: GCSBackendOptions, env: Environment = process.env): GcsSettings {
  const { bucket, token } = options
  const prefix = keyPrefix('gs', bucket, options.prefix ?? '')
  const apiEndpoint = checkEndpoint('gs', options.apiEndpoint ?? emulatorIn(env))
  const endpoint = (apiEndpoint ?? googles).replace(/\/+$/, '')
  const { protocol, hostname } = new URL(endpoint)
  const isGoogles = protocol === 'https:' && hostname.endsWith('.googleapis.com')
  return { bucket, prefix, endpoint, token, isGoogles, location: objectLocation('gs', bucket, prefix, { apiEndpoint }) }
}

/** With or without `http://`, as Google's own clients take it. */
function emulatorIn({ STORAGE_EMULATOR_HOST: host }: Environment): string | undefined {
  if (!host) return undefined
  return host.includes('://') ? host : `http://${host}`
}
