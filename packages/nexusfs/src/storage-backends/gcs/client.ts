import { randomUUID } from 'node:crypto'
import { concatBytes, utf8 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { BlobStat } from '../../storage/storage-backend.ts'
import { factOf } from '../object-store/failures.ts'
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
  UploadRequest,
} from '../object-store/object-client.ts'
import { batchAnswers, deleteBatch } from './batch.ts'
import { Crc32c } from './crc32c.ts'
import { toNexusError } from './errors.ts'
import type { GcsSettings } from './options.ts'
import { GcsFailure, type GcsRequests, refusal } from './requests.ts'
import { ResumableUpload } from './resumable-upload.ts'

const gcsLimits: ObjectLimits = {
  blobBytes: 5_497_558_138_880,
  // A multiple of 256 KiB, as every chunk but the last must be.
  partBytes: 8_388_608,
  parts: Number.MAX_SAFE_INTEGER,
  // The chunks of an upload follow one another.
  partsInFlight: 1,
  deleteKeys: 100,
}

const pageKeys = 1_000

/** Requests to one bucket, by the JSON interface. */
export class GcsObjectClient implements ObjectClient {
  readonly limits: ObjectLimits
  readonly #requests: GcsRequests
  readonly #settings: GcsSettings
  readonly #objects: string
  /** The condition that an object is not there: an upload stores nothing over another one. */
  readonly #ifAbsent = { ifGenerationMatch: 0 }

  constructor(requests: GcsRequests, settings: GcsSettings, limits: Partial<ObjectLimits> = {}) {
    this.limits = { ...gcsLimits, ...limits }
    this.#requests = requests
    this.#settings = settings
    this.#objects = `/storage/v1/b/${settings.bucket}/o`
  }

  /** With its checksum, which the service checks. An object that is there stays, and is as good: keys are used once. */
  async put(key: string, bytes: Uint8Array, { signal }: ObjectRequest): Promise<void> {
    const boundary = `nexus-${randomUUID()}`
    const part = (type: string): string => `--${boundary}\r\nContent-Type: ${type}\r\n\r\n`
    const object = JSON.stringify({ name: key, crc32c: String(new Crc32c().update(bytes)) })
    const head = `${part('application/json')}${object}\r\n${part('application/octet-stream')}`
    await this.#requests.send({
      method: 'POST',
      path: `/upload${this.#objects}`,
      query: { uploadType: 'multipart', ...this.#ifAbsent, fields: 'generation' },
      headers: { 'content-type': `multipart/related; boundary=${boundary}` },
      body: concatBytes(utf8(head), bytes, utf8(`\r\n--${boundary}--\r\n`)),
      signal,
      accepts: [412],
    })
  }

  async get(key: string, { start, end, version }: ObjectRange, request: ObjectRequest): Promise<ObjectBody> {
    const isWhole = start === 0 && end === undefined
    const response = await this.#orMissing(key, request, () =>
      this.#requests.send({
        method: 'GET',
        path: this.#path(key),
        query: { alt: 'media', ifGenerationMatch: version },
        ...(!isWhole && { headers: { range: `bytes=${start}-${end === undefined ? '' : end - 1}` } }),
        signal: request.signal,
        accepts: [416],
      }),
    )
    if (response.status === 416) {
      await response.body?.cancel()
      return { length: 0, version: undefined, pieces: noPieces(), cancel: () => {} }
    }
    return toBody(response, isWhole)
  }

  async stat(key: string, request: ObjectRequest): Promise<BlobStat | undefined> {
    const call = { method: 'GET', path: this.#path(key), query: { fields: 'size' }, signal: request.signal } as const
    try {
      const response = await this.#orMissing(key, request, () => this.#requests.send(call))
      return { size: Number(factOf(await response.json(), 'size')) }
    } catch (error) {
      if (error instanceof GcsFailure && error.name === 'NoSuchObject') return undefined
      throw error
    }
  }

  async delete(keys: readonly string[], { signal }: ObjectRequest): Promise<readonly FailedKey[]> {
    const { contentType, body } = deleteBatch(keys.map((key) => this.#path(key)))
    const response = await this.#requests.send({
      method: 'POST',
      path: '/batch/storage/v1',
      headers: { 'content-type': contentType },
      body,
      signal,
    })
    const answers = batchAnswers(response.headers.get('content-type') ?? '', await response.text())
    return keys.flatMap((key, index) => {
      const answer = answers.get(index)
      if (answer !== undefined && (answer.status < 300 || answer.status === 404)) return []
      return { key, error: answer === undefined ? new GcsFailure('NoAnswer', 'no answer came') : refusal(answer.body, answer) }
    })
  }

  /** The service begins a page with the key that it is given, if there is one. */
  async list({ prefix, after, limit }: ObjectListOptions, { signal }: ObjectRequest): Promise<ObjectPage> {
    const maxResults = after === undefined ? limit : Math.min(limit + 1, pageKeys)
    const query = { prefix, startOffset: after, maxResults, fields: 'items(name,size),nextPageToken' }
    const response = await this.#requests.send({ method: 'GET', path: this.#objects, query, signal }).catch((error: unknown) => {
      throw error instanceof GcsFailure && error.status === 404 ? error.named('NoSuchBucket') : error
    })
    const page: unknown = await response.json()
    const items = factOf(page, 'items') ?? []
    if (!Array.isArray(items)) throw new SyntaxError('the list has no items')
    const objects = items
      .map((item) => ({ key: String(factOf(item, 'name')), size: Number(factOf(item, 'size')) }))
      .filter(({ key }) => key !== after)
    const hasMore = objects.length > limit || factOf(page, 'nextPageToken') !== undefined
    return { objects: objects.slice(0, limit), hasMore }
  }

  async startUpload(key: string, { signal, size }: UploadRequest): Promise<ObjectUpload> {
    const response = await this.#requests.send({
      method: 'POST',
      path: `/upload${this.#objects}`,
      query: { uploadType: 'resumable', name: key, ...this.#ifAbsent },
      headers: { 'x-upload-content-type': 'application/octet-stream', 'x-upload-content-length': String(size) },
      signal,
      accepts: [412],
    })
    await response.body?.cancel()
    const uri = response.headers.get('location') ?? undefined
    if (uri === undefined && response.status !== 412) throw new SyntaxError('the upload has no address')
    const remove = async (generation: string, request: ObjectRequest): Promise<void> => {
      const query = { ifGenerationMatch: generation }
      await this.#requests.send({ method: 'DELETE', path: this.#path(key), query, ...request, accepts: [404, 412] })
    }
    return new ResumableUpload({ requests: this.#requests, uri, size, remove })
  }

  /** The service has no list of uploads under way; it forgets them after a week, and they cost nothing. */
  async dropUploads(): Promise<void> {}

  toNexusError(error: unknown, work: FailedObjectCall): NexusError {
    return toNexusError(error, work, this.#settings, this.#requests.secrets)
  }

  /** Connections that nobody uses are closed by the runtime, and keep no process alive. */
  close(): void {}

  #path(key: string): string {
    return `${this.#objects}/${encodeURIComponent(key)}`
  }

  /** Of a missing bucket the service says the same as of a missing object: the bucket is asked for, then. */
  async #orMissing(key: string, request: ObjectRequest, work: () => Promise<Response>): Promise<Response> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof GcsFailure) || error.status !== 404) throw error
      await this.list({ prefix: key, after: undefined, limit: 1 }, request)
      throw error.named('NoSuchObject')
    }
  }
}

/** A body that is whole is compared with its checksum before its last piece is given. */
function toBody(response: Response, isWhole: boolean): ObjectBody {
  const length = response.headers.get('content-length')
  if (length === null || response.body === null) throw new NexusError('Unexpected', 'gcs: an answer without a body or its length')
  const reader = response.body.getReader()
  const crc32c = isWhole ? /crc32c=([^,\s]+)/.exec(response.headers.get('x-goog-hash') ?? '')?.[1] : undefined
  const pieces = piecesOf(reader)
  return {
    length: Number(length),
    version: response.headers.get('x-goog-generation') ?? undefined,
    pieces: crc32c === undefined ? pieces : checkedPieces(pieces, Number(length), crc32c),
    cancel: () => {
      reader.cancel().catch(() => {})
    },
  }
}

async function* piecesOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
}

async function* checkedPieces(pieces: AsyncIterable<Uint8Array>, length: number, crc32c: string): AsyncGenerator<Uint8Array> {
  const crc = new Crc32c()
  let left = length
  for await (const piece of pieces) {
    left -= piece.length
    crc.update(piece)
    if (left === 0 && String(crc) !== crc32c) {
      throw new NexusError('Corrupt', 'gcs: the bytes of the blob do not have its checksum', { advice: 'read it again' })
    }
    yield piece
  }
}

async function* noPieces(): AsyncGenerator<Uint8Array> {}
