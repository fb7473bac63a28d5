import {
  ObjectBackend,
  type ObjectBackendParts,
  type ObjectProbe,
  type ObjectTuning,
  probeTimeouts,
} from '../object-store/object-backend.ts'
import { AzureObjectClient, openContainer } from './client.ts'
import { type AzureBackendOptions, toAzureSettings } from './options.ts'

/** A storage backend in a container of Azure Blob Storage: one block blob a blob. Shared by all processes that reach it. */
export class AzureBackend extends ObjectBackend {
  /**
   * Opens the blobs under a prefix of a container, and looks with one request whether the container can be listed. Makes no container.
   * @param tuning for tests
   * @throws {NexusError} MissingDependency without `@azure/storage-blob` (or `@azure/identity`); InvalidConfig for a container that is not there, a wrong endpoint,
   * no credentials; PermissionDenied for credentials that are refused or have expired, or lack a right; Unavailable, RateLimited,
   * Timeout, Aborted
   */
  static async open(options: AzureBackendOptions, tuning: ObjectTuning = {}): Promise<AzureBackend> {
    const backend = await AzureBackend.#prepare(options, tuning)
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
  static async drop(options: AzureBackendOptions): Promise<void> {
    await using backend = await AzureBackend.#prepare(options)
    await backend.removeAll()
  }

  /**
   * Looks within 5 seconds whether the container could be opened, without changing anything.
   * @throws {NexusError} as `open`
   */
  static async probe(options: AzureBackendOptions): Promise<ObjectProbe> {
    await using backend = await AzureBackend.#prepare({ timeouts: probeTimeouts, ...options })
    return await backend.measure(options.signal)
  }

  static async #prepare(options: AzureBackendOptions, { limits, retry }: ObjectTuning = {}): Promise<AzureBackend> {
    const settings = toAzureSettings(options)
    const client = new AzureObjectClient(await openContainer(settings), settings, limits)
    return new AzureBackend({ name: 'azure', client, ...settings, retry: { ...retry, timeouts: options.timeouts } })
  }

  private constructor(parts: ObjectBackendParts) {
    super(parts)
  }
}
