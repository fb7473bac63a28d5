import {
  ObjectBackend,
  type ObjectBackendParts,
  type ObjectProbe,
  type ObjectTuning,
  probeTimeouts,
} from '../object-store/object-backend.ts'
import { GcsObjectClient } from './client.ts'
import { type GCSBackendOptions, toGcsSettings } from './options.ts'
import { GcsRequests } from './requests.ts'

/** A storage backend in a bucket of Google Cloud Storage: one object a blob. Shared by all processes that reach it. */
export class GCSBackend extends ObjectBackend {
  /**
   * Opens the blobs under a prefix of a bucket, and looks with one request whether the bucket can be listed. Makes no bucket.
   * @param tuning for tests
   * @throws {NexusError} MissingDependency without `@google-cloud/storage`; InvalidConfig for a bucket that is not there, a wrong endpoint,
   * no credentials; PermissionDenied for credentials that are refused or have expired, or lack a right; Unavailable, RateLimited,
   * Timeout, Aborted
   */
  static async open(options: GCSBackendOptions, tuning: ObjectTuning = {}): Promise<GCSBackend> {
    const backend = await GCSBackend.#prepare(options, tuning)
    try {
      await backend.ping(options.signal)
      return backend
    } catch (error) {
      await backend.close()
      throw error
    }
  }

  /**
   * Removes everything under the prefix. For a namespace that nobody else uses.
   * @throws {NexusError} InvalidArgument without a prefix; else as `open`
   */
  static async drop(options: GCSBackendOptions): Promise<void> {
    await using backend = await GCSBackend.#prepare(options)
    await backend.removeAll()
  }

  /**
   * Looks within 5 seconds whether the bucket could be opened, without changing anything.
   * @throws {NexusError} as `open`
   */
  static async probe(options: GCSBackendOptions): Promise<ObjectProbe> {
    await using backend = await GCSBackend.#prepare({ timeouts: probeTimeouts, ...options })
    return await backend.measure(options.signal)
  }

  static async #prepare(options: GCSBackendOptions, { limits, retry }: ObjectTuning = {}): Promise<GCSBackend> {
    const settings = toGcsSettings(options)
    const client = new GcsObjectClient(await GcsRequests.open(settings), settings, limits)
    return new GCSBackend({ name: 'gcs', client, ...settings, retry: { ...retry, timeouts: options.timeouts } })
  }

  private constructor(parts: ObjectBackendParts) {
    super(parts)
  }
}
