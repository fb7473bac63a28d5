import { createHash, randomUUID } from 'node:crypto'
import type { DeleteObjectsCommand, GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
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
import { failureName, isRefusal, toNexusError } from './errors.ts'
import type { S3Credentials, S3Settings } from './options.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

/** @throws {NexusError} MissingDependency */
export async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (cause) {
    throw new NexusError('MissingDependency', 's3: the package @aws-sdk/client-s3 is missing', {
      advice: 'run `npm install @aws-sdk/client-s3`',
      operation: 'storage.open',
      outcome: 'none',
      cause,
    })
  }
}

/** Those of Amazon's; others are not smaller. */
const s3Limits: ObjectLimits = {
  blobBytes: 5_497_558_138_880,
  partBytes: 8_388_608,
  parts: 10_000,
  partsInFlight: 4,
  deleteKeys: 1_000,
}

/** By this an upload knows its own object again, when the answer to its last request was lost. */
const uploadMark = 'nexus-upload'

/** Requests to one bucket, each sent once. */
export class S3ObjectClient implements ObjectClient {
  readonly limits: ObjectLimits
  readonly #sdk: Sdk
  readonly #client: S3Client
  readonly #settings: S3Settings
  /** Whatever was used as credentials, to be kept out of every text. */
  readonly #secrets = new Set<string>()

  constructor(sdk: Sdk, settings: S3Settings, limits: Partial<ObjectLimits> = {}) {
    this.limits = { ...s3Limits, ...limits }
    this.#sdk = sdk
    this.#settings = settings
    this.#client = new sdk.S3Client({
      region: settings.region,
      ...(settings.endpoint !== undefined && { endpoint: settings.endpoint, forcePathStyle: true }),
      credentials: this.#credentials(),
      maxAttempts: 1,
      // What else is sent by default is refused by R2, B2, OVH and older Ceph.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // It costs a round trip with each large body, and a second where the service does not answer it.
      expectContinueHeader: false,
      requestHandler: { connectionTimeout: 5_000, httpAgent: { maxSockets: 512 }, httpsAgent: { maxSockets: 512 } },
    })
  }

  async put(key: string, bytes: Uint8Array, { signal }: ObjectRequest): Promise<void> {
    const command = new this.#sdk.PutObjectCommand({ ...this.#object(key), Body: bytes, ContentLength: bytes.length })
    await this.#client.send(command, { abortSignal: signal })
  }

  async get(key: string, { start, end, version }: ObjectRange, { signal }: ObjectRequest): Promise<ObjectBody> {
    const isWhole = start === 0 && end === undefined
    const Range = isWhole ? undefined : `bytes=${start}-${end === undefined ? '' : end - 1}`
    const command = new this.#sdk.GetObjectCommand({ ...this.#object(key), Range, IfMatch: version })
    try {
      return toBody(await this.#client.send(command, { abortSignal: signal }))
    } catch (error) {
      if (failureName(error) !== 'InvalidRange') throw error
      return { length: 0, version: undefined, pieces: noPieces(), cancel: () => {} }
    }
  }

  /** A HEAD says little of what failed, and of a missing bucket the same as of a missing object: what it refuses is asked for by GET. */
  async stat(key: string, { signal }: ObjectRequest): Promise<BlobStat | undefined> {
    try {
      const head = await this.#client.send(new this.#sdk.HeadObjectCommand(this.#object(key)), { abortSignal: signal })
      return { size: head.ContentLength ?? 0 }
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
    const found = await this.#firstByte(key, signal)
    return found && { size: Number(/\/(\d+)$/.exec(found.ContentRange ?? '')?.[1] ?? found.ContentLength ?? 0) }
  }

  async delete(keys: readonly string[], { signal }: ObjectRequest): Promise<readonly FailedKey[]> {
    const Objects = keys.map((Key) => ({ Key }))
    const command = new this.#sdk.DeleteObjectsCommand({ Bucket: this.#settings.bucket, Delete: { Objects, Quiet: true } })
    withContentMd5(command)
    const { Errors = [] } = await this.#client.send(command, { abortSignal: signal })
    return Errors.filter(({ Code }) => Code !== 'NoSuchKey').map(({ Key = '', Code = 'Unknown', Message = '' }) => {
      const error = new Error(Message)
      // Ceph says no more where a put of the same key was faster.
      error.name = Code === 'UnknownError' ? 'OperationAborted' : Code
      return { key: Key, error }
    })
  }

  async list({ prefix, after, limit }: ObjectListOptions, { signal }: ObjectRequest): Promise<ObjectPage> {
    const options = { Bucket: this.#settings.bucket, Prefix: prefix, StartAfter: after, MaxKeys: limit }
    const { Contents = [], IsTruncated = false } = await this.#client.send(new this.#sdk.ListObjectsV2Command(options), {
      abortSignal: signal,
    })
    return { objects: Contents.map(({ Key = '', Size = 0 }) => ({ key: Key, size: Size })), hasMore: IsTruncated }
  }

  async startUpload(key: string, { signal }: ObjectRequest): Promise<ObjectUpload> {
    const mark = randomUUID()
    const command = new this.#sdk.CreateMultipartUploadCommand({ ...this.#object(key), Metadata: { [uploadMark]: mark } })
    const { UploadId } = await this.#client.send(command, { abortSignal: signal })
    const upload = { ...this.#object(key), UploadId }
    const etags: (string | undefined)[] = []
    return {
      part: async (PartNumber, Body, request) => {
        const part = new this.#sdk.UploadPartCommand({ ...upload, PartNumber, Body, ContentLength: Body.length })
        etags[PartNumber - 1] = (await this.#client.send(part, { abortSignal: request.signal })).ETag
      },
      complete: async (request) => {
        const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }))
        const complete = new this.#sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })
        try {
          await this.#client.send(complete, { abortSignal: request.signal })
        } catch (error) {
          if (failureName(error) !== 'NoSuchUpload') throw error
          const found = await this.#firstByte(key, request.signal)
          if (found?.Metadata?.[uploadMark] !== mark) throw error
        }
      },
      abort: async (request) => this.#abort(upload, request.signal),
    }
  }

  async dropUploads(prefix: string, { signal }: ObjectRequest): Promise<void> {
    const { bucket: Bucket } = this.#settings
    for (let hasMore = true; hasMore; ) {
      const command = new this.#sdk.ListMultipartUploadsCommand({ Bucket, Prefix: prefix })
      const { Uploads = [], IsTruncated = false } = await this.#client.send(command, { abortSignal: signal })
      for (const { Key, UploadId } of Uploads) await this.#abort({ Bucket, Key, UploadId }, signal)
      hasMore = IsTruncated && Uploads.length > 0
    }
  }

  toNexusError(error: unknown, work: FailedObjectCall): NexusError {
    return toNexusError(error, work, this.#settings, this.#secrets)
  }

  close(): void {
    this.#client.destroy()
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#settings.bucket, Key: key }
  }

  /** An object, and what is written on it; `undefined` if there is none. */
  async #firstByte(key: string, signal: AbortSignal): Promise<GetObjectCommandOutput | undefined> {
    try {
      const command = new this.#sdk.GetObjectCommand({ ...this.#object(key), Range: 'bytes=0-0' })
      const found = await this.#client.send(command, { abortSignal: signal })
      toBody(found).cancel()
      return found
    } catch (error) {
      if (failureName(error) === 'NoSuchKey') return undefined
      if (failureName(error) !== 'InvalidRange') throw error
      return { $metadata: {}, ContentLength: 0 }
    }
  }

  async #abort(
    upload: { readonly Bucket: string; readonly Key: string | undefined; readonly UploadId: string | undefined },
    signal: AbortSignal,
  ) {
    try {
      await this.#client.send(new this.#sdk.AbortMultipartUploadCommand(upload), { abortSignal: signal })
    } catch (error) {
      if (failureName(error) !== 'NoSuchUpload') throw error
    }
  }

  /** Those of the options, else those of the SDK's chain; each is remembered, so that no text shows it. */
  #credentials(): () => ReturnType<S3Client['config']['credentials']> {
    const { credentials, region } = this.#settings
    const chain = new this.#sdk.S3Client({ region, ...(credentials && { credentials: given(credentials) }) }).config.credentials
    return async () => {
      const found = await chain()
      for (const secret of [found.accessKeyId, found.secretAccessKey, found.sessionToken]) this.#secrets.add(secret ?? '')
      return found
    }
  }
}

/** A text that is absent is not a property here. */
function given({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

function toBody({ Body, ContentLength = 0, ETag }: GetObjectCommandOutput): ObjectBody {
  if (Body === undefined || !(Symbol.asyncIterator in Body)) throw new NexusError('Unexpected', 's3: an answer without a body')
  const body = Body
  return {
    length: ContentLength,
    version: ETag,
    pieces: body[Symbol.asyncIterator](),
    cancel: () => {
      if ('destroy' in body) body.destroy()
    },
  }
}

async function* noPieces(): AsyncGenerator<Uint8Array> {}

/** A request to delete must have a checksum. MD5 is the one that every service takes; the SDK's own is refused by some. */
function withContentMd5(command: DeleteObjectsCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args
      if (isBuilt(request)) {
        for (const name of Object.keys(request.headers)) {
          if (/^x-amz-(?:checksum-|sdk-checksum)/.test(name)) delete request.headers[name]
        }
        request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64')
      }
      return next(args)
    },
    { step: 'build', priority: 'low', name: 'contentMd5' },
  )
}

function isBuilt(request: unknown): request is { headers: Record<string, string>; readonly body: string | Uint8Array } {
  return typeof request === 'object' && request !== null && 'headers' in request && 'body' in request
}
