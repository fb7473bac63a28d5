import {
  ObjectBackend,
  type ObjectBackendParts,
  type ObjectProbe,
  type ObjectTuning,
  probeTimeouts,
} from '../object-store/object-backend.ts'
import { loadSdk, S3ObjectClient } from './client.ts'
import { type S3BackendOptions, toS3Settings } from './options.ts'

/**
 * A storage backend in a bucket of Amazon S3, or of a service that speaks its language (Ceph, R2, B2, OVH): one object a blob. Shared by
 * all processes that reach it.
 */
export class S3Backend extends ObjectBackend {
  /**
   * Opens the blobs under a prefix of a bucket, and looks with one request whether the bucket can be listed. Makes no bucket.
   * @param tuning for tests
   * @throws {NexusError} MissingDependency without `@aws-sdk/client-s3`; InvalidConfig for a bucket that is not there or is in another
   * region, a wrong endpoint, a wrong clock, no credentials; PermissionDenied for credentials that are refused or have expired, or lack a
   * right; Unavailable, RateLimited, Timeout, Aborted
   */
  static async open(options: S3BackendOptions, tuning: ObjectTuning = {}): Promise<S3Backend> {
    const backend = await S3Backend.#prepare(options, tuning)
    try {
      await backend.ping(options.signal)
      return backend
    } catch (error) {
      await backend.close()
      throw error
    }
  }

  /**
   * Removes everything under the prefix, blobs and the parts of uploads that were cut off. For a namespace that nobody else uses.
   * @throws {NexusError} InvalidArgument without a prefix; else as `open`
   */
  static async drop(options: S3BackendOptions): Promise<void> {
    await using backend = await S3Backend.#prepare(options)
    await backend.removeAll()
  }

  /**
   * Looks within 5 seconds whether the bucket could be opened, without changing anything.
   * @throws {NexusError} as `open`
   */
  static async probe(options: S3BackendOptions): Promise<ObjectProbe> {
    await using backend = await S3Backend.#prepare({ timeouts: probeTimeouts, ...options })
    return await backend.measure(options.signal)
  }

  static async #prepare(options: S3BackendOptions, { limits, retry }: ObjectTuning = {}): Promise<S3Backend> {
    const settings = toS3Settings(options)
    const client = new S3ObjectClient(await loadSdk(), settings, limits)
    return new S3Backend({ name: 's3', client, ...settings, retry: { ...retry, timeouts: options.timeouts } })
  }

  private constructor(parts: ObjectBackendParts) {
    super(parts)
  }
}
