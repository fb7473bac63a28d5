import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** A request as it came. */
export interface FakeRequest {
  /** `PUT object`, `GET list`: the method, and what it is about. */
  readonly kind: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer<ArrayBuffer>
}

/** What goes wrong with one request. */
export type Fault =
  /** An answer instead of what was asked for. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Done, and then the connection breaks before the answer. */
  | { readonly kind: 'lost reply' }
  /** The answer says how long it is, and breaks off after so many bytes of its body. */
  | { readonly kind: 'cut'; readonly after: number }
  /** No answer at all. */
  | { readonly kind: 'silence' }

interface PlannedFault {
  readonly request: string
  readonly fault: Fault
}

interface FakeObject {
  readonly bytes: Buffer
  readonly etag: string
  readonly metadata: Readonly<Record<string, string>>
}

interface FakeUpload {
  readonly key: string
  readonly parts: Map<number, Buffer>
  readonly metadata: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number
  readonly body?: Buffer | string
  readonly headers?: Readonly<Record<string, string | number>>
}

export const fakeBucket = 'fake-bucket'

/** One bucket in memory that speaks as much of S3 as the backend uses, and that fails on demand. It checks no signatures. */
export class S3Fake implements AsyncDisposable {
  readonly objects = new Map<string, FakeObject>()
  readonly uploads = new Map<string, FakeUpload>()
  /** All requests so far. */
  readonly requests: FakeRequest[] = []
  #faults: PlannedFault[] = []
  readonly #server: Server
  #counter = 0

  static async start(): Promise<S3Fake> {
    const fake = new S3Fake()
    fake.#server.listen(0, '127.0.0.1')
    await once(fake.#server, 'listening')
    return fake
  }

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  get endpoint(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }

  /** How often each kind of request came. */
  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { kind } of this.requests) counts[kind] = (counts[kind] ?? 0) + 1
    return counts
  }

  /** The next requests of that kind meet these faults, one each. */
  fail(request: string, ...faults: readonly Fault[]): void {
    this.#faults.push(...faults.map((fault) => ({ request, fault })))
  }

  /** Forgets what was asked so far, and what was to fail. */
  reset(): void {
    this.requests.length = 0
    this.#faults = []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? '/', this.endpoint)
    const [, bucket = '', ...path] = url.pathname.split('/')
    const body = Buffer.from(await buffer(message))
    const request = {
      kind: kindOf(message.method ?? '', path.join('/') !== '', url.searchParams),
      key: decodeURIComponent(path.join('/')),
      query: url.searchParams,
      headers: message.headers,
      body,
    }
    this.requests.push(request)
    const index = this.#faults.findIndex((planned) => planned.request === request.kind)
    const fault = index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault
    if (fault?.kind === 'silence') return
    if (fault?.kind === 'answer') return send(response, { ...fault, body: fault.body ?? '' })
    const known = bucket === fakeBucket ? this.#answer(request) : errorAnswer(404, 'NoSuchBucket')
    if (fault?.kind === 'lost reply') {
      message.socket.destroy()
      return
    }
    if (fault?.kind === 'cut') return cut(response, known, fault.after)
    send(response, known)
  }

  #answer(request: FakeRequest): Answer {
    const answers: Readonly<Record<string, () => Answer>> = {
      'PUT object': () => this.#put(request),
      'GET object': () => this.#get(request),
      'HEAD object': () => this.#head(request),
      'POST delete': () => this.#delete(request),
      'GET list': () => this.#list(request),
      'POST uploads': () => this.#startUpload(request),
      'PUT part': () => this.#part(request),
      'POST complete': () => this.#complete(request),
      'DELETE upload': () => this.#abort(request),
      'GET uploads': () => this.#listUploads(),
    }
    return answers[request.kind]?.() ?? errorAnswer(501, 'NotImplemented')
  }

  #put({ key, body, headers }: FakeRequest): Answer {
    if (headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex')) {
      return errorAnswer(400, 'XAmzContentSHA256Mismatch')
    }
    this.objects.set(key, { bytes: body, etag: this.#etag(), metadata: {} })
    return { status: 200 }
  }

  #get({ key, headers }: FakeRequest): Answer {
    const object = this.objects.get(key)
    if (object === undefined) return errorAnswer(404, 'NoSuchKey')
    const { bytes, etag, metadata } = object
    if (headers['if-match'] !== undefined && headers['if-match'] !== etag) return errorAnswer(412, 'PreconditionFailed')
    const shown = { etag, ...metadata }
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
    if (first === undefined) return { status: 200, body: bytes, headers: shown }
    if (Number(first) >= bytes.length) return errorAnswer(416, 'InvalidRange')
    const end = Math.min(bytes.length, last ? Number(last) + 1 : bytes.length)
    const range = `bytes ${first}-${end - 1}/${bytes.length}`
    return { status: 206, body: bytes.subarray(Number(first), end), headers: { ...shown, 'content-range': range } }
  }

  #head({ key }: FakeRequest): Answer {
    const object = this.objects.get(key)
    return object === undefined ? { status: 404 } : { status: 200, headers: { 'content-length': object.bytes.length } }
  }

  /** As R2, B2 and OVH do, it refuses checksums that are newer than MD5. */
  #delete({ body, headers }: FakeRequest): Answer {
    const newer = Object.keys(headers).find((name) => /^x-amz-(?:checksum|sdk-checksum|trailer)/.test(name))
    if (newer !== undefined) return errorAnswer(501, 'NotImplemented')
    if (headers['content-md5'] !== createHash('md5').update(body).digest('base64')) return errorAnswer(400, 'BadDigest')
    for (const [, key = ''] of String(body).matchAll(/<Key>([^<]*)<\/Key>/g)) this.objects.delete(unescapeXml(key))
    return { status: 200, body: '<DeleteResult></DeleteResult>' }
  }

  #list({ query }: FakeRequest): Answer {
    const [prefix, after, limit] = [query.get('prefix') ?? '', query.get('start-after') ?? '', Number(query.get('max-keys'))]
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
    const shown = keys.slice(0, limit).map((key) => {
      const size = this.objects.get(key)?.bytes.length
      return `<Contents><Key>${escapeXml(key)}</Key><Size>${size}</Size></Contents>`
    })
    const isTruncated = keys.length > limit
    return {
      status: 200,
      body: `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${shown.join('')}</ListBucketResult>`,
    }
  }

  #startUpload({ key, headers }: FakeRequest): Answer {
    const id = `upload-${this.#next()}`
    const marks = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'))
    this.uploads.set(id, {
      key,
      parts: new Map(),
      metadata: Object.fromEntries(marks.map(([name, value]) => [name, String(value)])),
    })
    return { status: 200, body: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>` }
  }

  #part({ query, body }: FakeRequest): Answer {
    const upload = this.uploads.get(query.get('uploadId') ?? '')
    if (upload === undefined) return errorAnswer(404, 'NoSuchUpload')
    upload.parts.set(Number(query.get('partNumber')), body)
    return { status: 200, headers: { etag: this.#etag() } }
  }

  #complete({ query }: FakeRequest): Answer {
    const id = query.get('uploadId') ?? ''
    const upload = this.uploads.get(id)
    if (upload === undefined) return errorAnswer(404, 'NoSuchUpload')
    const parts = [...upload.parts].sort(([one], [other]) => one - other).map(([, bytes]) => bytes)
    this.objects.set(upload.key, { bytes: Buffer.concat(parts), etag: this.#etag(), metadata: upload.metadata })
    this.uploads.delete(id)
    return { status: 200, body: '<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>' }
  }

  #abort({ query }: FakeRequest): Answer {
    return this.uploads.delete(query.get('uploadId') ?? '') ? { status: 204 } : errorAnswer(404, 'NoSuchUpload')
  }

  #listUploads(): Answer {
    const shown = [...this.uploads].map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
    return { status: 200, body: `<ListMultipartUploadsResult>${shown.join('')}</ListMultipartUploadsResult>` }
  }

  #etag(): string {
    return `"etag-${this.#next()}"`
  }

  #next(): number {
    this.#counter += 1
    return this.#counter
  }
}

/** An answer that refuses a request, as S3 writes it. */
export function refusal(status: number, code: string, details = '', headers: Readonly<Record<string, string>> = {}): Fault {
  return { kind: 'answer', status, body: errorBody(code, details), headers: { 'content-type': 'application/xml', ...headers } }
}

export function errorBody(code: string, details = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} it says</Message>${details}</Error>`
}

function errorAnswer(status: number, code: string): Answer {
  return { status, body: errorBody(code) }
}

function kindOf(method: string, hasKey: boolean, query: URLSearchParams): string {
  if (query.has('delete')) return 'POST delete'
  if (query.has('uploads')) return `${method} uploads`
  if (query.has('partNumber')) return 'PUT part'
  if (query.has('uploadId')) return method === 'POST' ? 'POST complete' : 'DELETE upload'
  return `${method} ${hasKey ? 'object' : 'list'}`
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  response.writeHead(status, { ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }), ...headers })
  response.end(body)
}

async function cut(response: ServerResponse, answer: Answer, after: number): Promise<void> {
  const body = Buffer.from(answer.body ?? '')
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length })
  response.write(body.subarray(0, after))
  // The client is to have seen what came.
  await sleep(20)
  response.destroy()
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
