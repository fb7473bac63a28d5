import { createHash, randomBytes } from 'node:crypto'
import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob'
import { NexusError } from '../../core/errors.ts'
import type { BlobStat } from '../../storage/storage-backend.ts'
import type {
  FailedKey,
  FailedObjectCall,
  ObjectBody,
  ObjectClient,
  ObjectLimits,
  ObjectListOptions,
  ObjectPage,
  ObjectRange,
  ObjectRequest,
  ObjectUpload,
} from '../object-store/object-client.ts'
import { failureName, toNexusError } from './errors.ts'
import type { AzureSettings } from './options.ts'

const azureLimits: ObjectLimits = {
  // 50,000 blocks of 4,000 MiB.
  blobBytes: 209_715_200_000_000,
  partBytes: 8_388_608,
  parts: 50_000,
  partsInFlight: 4,
  deleteKeys: 256,
}

const mostMarks = 1_000

/** What no XML can hold: no blob has such a name, and the service cannot answer. */
const noName = /[\p{Cc}\p{Cs}\ufffe\uffff]/u

/** Each request is sent once. */
const once: StoragePipelineOptions = { retryOptions: { maxTries: 1 } }

/** The condition that a blob is not there: an upload stores nothing over another one. */
const ifAbsent = { ifNoneMatch: '*' }

/**
 * A client of the container.
 * @throws {NexusError} MissingDependency; InvalidConfig for a connection string that is not one
 */
export async function openContainer(settings: AzureSettings): Promise<ContainerClient> {
  const { connectionString, container, endpoint } = settings
  const { ContainerClient } = await loadStorage()
  if (connectionString === undefined) {
    const { DefaultAzureCredential } = await loadIdentity()
    return new ContainerClient(`${endpoint}/${container}`, new DefaultAzureCredential(), once)
  }
  try {
    return new ContainerClient(connectionString, container, once)
  } catch {
    // What it says may repeat the key.
    throw new NexusError('InvalidConfig', 'azure: the connection string is not one', {
      advice: 'copy AZURE_STORAGE_CONNECTION_STRING from the access keys of the account',
      operation: 'storage.open',
      outcome: 'none',
    })
  }
}

/** Each import in a `try` of its own: a bundler then leaves out what is not installed. */
async function loadStorage(): Promise<typeof import('@azure/storage-blob')> {
  try {
    return await import('@azure/storage-blob')
  } catch (cause) {
    throw missing('@azure/storage-blob', cause)
  }
}

async function loadIdentity(): Promise<typeof import('@azure/identity')> {
  try {
    return await import('@azure/identity')
  } catch (cause) {
    throw missing('@azure/identity', cause)
  }
}

function missing(name: string, cause: unknown): NexusError {
  return new NexusError('MissingDependency', `azure: the package ${name} is missing`, {
    advice: `run \`npm install ${name}\``,
    operation: 'storage.open',
    outcome: 'none',
    cause,
  })
}

/** Requests to one container. */
export class AzureObjectClient implements ObjectClient {
  readonly limits: ObjectLimits
  readonly #container: ContainerClient
  readonly #settings: AzureSettings
  /** By prefix and last key of a page, what the service goes on with. */
  readonly #marks = new Map<string, string>()

  constructor(container: ContainerClient, settings: AzureSettings, limits: Partial<ObjectLimits> = {}) {
    this.limits = { ...azureLimits, ...limits }
    this.#container = container
    this.#settings = settings
  }

  /** With its MD5, which the service checks. A blob that is there stays, and is as good: keys are used once. */
  async put(key: string, bytes: Uint8Array, { signal }: ObjectRequest): Promise<void> {
    const blobHTTPHeaders = { blobContentMD5: md5(bytes) }
    const options = { conditions: ifAbsent, blobHTTPHeaders, abortSignal: signal }
    await unlessThere(this.#container.getBlockBlobClient(key).upload(bytes, bytes.length, options))
  }

  async get(key: string, { start, end, version }: ObjectRange, { signal }: ObjectRequest): Promise<ObjectBody> {
    const options = {
      abortSignal: signal,
      maxRetryRequests: 0,
      conditions: { ...(version !== undefined && { ifMatch: version }) },
    }
    try {
      const count = end === undefined ? undefined : end - start
      const { readableStreamBody, contentLength, etag } = await this.#container.getBlobClient(key).download(start, count, options)
      if (readableStreamBody === undefined || contentLength === undefined) {
        throw new NexusError('Unexpected', 'azure: an answer without a body or its length')
      }
      const body = readableStreamBody
      // It is destroyed with an error by who gives it up.
      body.on('error', () => {})
      const cancel = (): void => {
        if ('destroy' in body && typeof body.destroy === 'function') body.destroy()
      }
      return { length: contentLength, version: etag, pieces: piecesOf(body), cancel }
    } catch (error) {
      if (failureName(error) !== 'InvalidRange') throw error
      return { length: 0, version: undefined, pieces: noPieces(), cancel: () => {} }
    }
  }

  async stat(key: string, { signal }: ObjectRequest): Promise<BlobStat | undefined> {
    try {
      const { contentLength = 0 } = await this.#container.getBlobClient(key).getProperties({ abortSignal: signal })
      return { size: contentLength }
    } catch (error) {
      if (failureName(error) === 'BlobNotFound') return undefined
      throw error
    }
  }

  async delete(keys: readonly string[], { signal }: ObjectRequest): Promise<readonly FailedKey[]> {
    const blobs = keys.map((key) => this.#container.getBlobClient(key))
    const { subResponses } = await this.#container.getBlobBatchClient().deleteBlobs(blobs, { abortSignal: signal })
    return keys.flatMap((key, index) => {
      const { status, errorCode } = subResponses[index] ?? {}
      if (status !== undefined && (status < 300 || errorCode === 'BlobNotFound')) return []
      const error = Object.assign(new Error(`the service answers ${status}`), {
        code: errorCode ?? 'NoAnswer',
        statusCode: status,
      })
      return { key, error }
    })
  }

  /**
   * The service goes on behind its own marks alone: those of the pages before are remembered. Behind any other key, it is asked from the
   * beginning, and what is not above the key is passed over.
   */
  async list({ prefix, after, limit }: ObjectListOptions, { signal }: ObjectRequest): Promise<ObjectPage> {
    if (noName.test(prefix)) return { objects: [], hasMore: false }
    const pages = this.#container.listBlobsFlat({ prefix, abortSignal: signal })
    const continuationToken = after === undefined ? undefined : this.#marks.get(markOf(prefix, after))
    for await (const { segment, continuationToken: mark } of pages.byPage({
      maxPageSize: limit,
      ...(continuationToken && { continuationToken }),
    })) {
      const all = segment.blobItems.map(({ name, properties }) => ({ key: name, size: properties.contentLength ?? 0 }))
      const last = all.at(-1)
      if (mark && last !== undefined) this.#remember(markOf(prefix, last.key), mark)
      const objects = all.filter(({ key }) => after === undefined || key > after)
      if (objects.length > 0) return { objects, hasMore: Boolean(mark) }
    }
    return { objects: [], hasMore: false }
  }

  /** Blocks of uploads under way at the same time are told apart by a name of each upload. */
  async startUpload(key: string): Promise<ObjectUpload> {
    const blob = this.#container.getBlockBlobClient(key)
    const upload = randomBytes(12).toString('hex')
    const ids: string[] = []
    return {
      part: async (number, bytes, { signal }) => {
        const id = Buffer.from(`${upload}-${String(number).padStart(5, '0')}`).toString('base64')
        await blob.stageBlock(id, bytes, bytes.length, { transactionalContentMD5: md5(bytes), abortSignal: signal })
        ids[number - 1] = id
      },
      complete: async ({ signal }) => {
        try {
          await unlessThere(blob.commitBlockList(ids, { conditions: ifAbsent, abortSignal: signal }))
        } catch (error) {
          // Another put of the key was faster: with it, the service forgets all blocks that wait.
          if (failureName(error) !== 'InvalidBlockList' || !(await blob.exists({ abortSignal: signal }))) throw error
        }
      },
      abort: async () => {},
    }
  }

  /** The service forgets blocks that were never committed after a week; there is no request for it. */
  async dropUploads(): Promise<void> {}

  toNexusError(error: unknown, work: FailedObjectCall): NexusError {
    return toNexusError(error, work, this.#settings)
  }

  /** Connections that nobody uses are closed by the runtime, and keep no process alive. */
  close(): void {}

  #remember(key: string, mark: string): void {
    const oldest = this.#marks.keys().next()
    if (this.#marks.size >= mostMarks && !oldest.done) this.#marks.delete(oldest.value)
    this.#marks.set(key, mark)
  }
}

/** With the condition that it is absent, a blob that is there is 409; 412 would be another condition. */
async function unlessThere(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (failureName(error) !== 'BlobAlreadyExists') throw error
  }
}

function md5(bytes: Uint8Array): Uint8Array {
  return createHash('md5').update(bytes).digest()
}

/** The SDK calls it an abort where the connection breaks. */
async function* piecesOf(body: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) yield typeof piece === 'string' ? Buffer.from(piece) : piece
  } catch (error) {
    const isBroken = error instanceof Error && error.name === 'AbortError'
    throw isBroken ? Object.assign(new Error('the body broke off'), { code: 'ECONNRESET' }) : error
  }
}

function markOf(prefix: string, key: string): string {
  return JSON.stringify([prefix, key])
}

async function* noPieces(): AsyncGenerator<Uint8Array> {}
