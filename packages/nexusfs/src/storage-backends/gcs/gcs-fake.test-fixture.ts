import { type Answer, type FakeRequest, type Fault, FaultyServer, ranged } from '../object-store/faulty-server.test-fixture.ts'
import { Crc32c } from './crc32c.ts'
import { GCSBackend } from './gcs-backend.ts'
import type { GCSBackendOptions } from './options.ts'

interface FakeObject {
  readonly bytes: Buffer
  readonly generation: number
}

interface FakeUpload {
  readonly key: string
  readonly size: number
  bytes: Buffer
}

const bucket = 'fake-bucket'

/**
 * One bucket in memory that speaks as much of the JSON interface as the backend uses: generations, conditions, checksums, uploads that
 * can be resumed. What the real server of the tests leaves out of it is tested here. It checks no tokens.
 */
export class GcsFake extends FaultyServer {
  readonly objects = new Map<string, FakeObject>()
  readonly uploads = new Map<string, FakeUpload>()
  /** How often each key was written. */
  readonly writes = new Map<string, number>()
  /** How many bytes of a chunk are kept is a multiple of this; of the service it is 256 KiB. */
  readonly quantum = 100
  #counter = 0

  clear(): void {
    this.reset()
    for (const map of [this.objects, this.uploads, this.writes]) map.clear()
  }

  protected kindOf(method: string, url: URL): string {
    if (url.pathname === '/batch/storage/v1') return 'POST batch'
    if (url.searchParams.has('upload_id')) return method === 'PUT' ? 'PUT chunk' : 'DELETE upload'
    if (url.pathname.startsWith('/upload/')) return `POST ${url.searchParams.get('uploadType')}`
    if (/\/o\/./.test(url.pathname)) return url.searchParams.get('alt') === 'media' ? 'GET media' : `${method} object`
    return `${method} list`
  }

  protected answer(request: FakeRequest): Answer {
    if (!request.url.pathname.includes(`/b/${bucket}/`) && !/batch|\/b\/fake-bucket\/o$/.test(request.url.pathname)) {
      return refused(404, 'notFound')
    }
    const answers: Readonly<Record<string, () => Answer>> = {
      'POST multipart': () => this.#put(request),
      'POST resumable': () => this.#startUpload(request),
      'PUT chunk': () => this.#chunk(request),
      'DELETE upload': () => ({ status: this.uploads.delete(uploadId(request)) ? 499 : 404 }),
      'GET media': () => this.#get(request),
      'GET object': () => this.#stat(request),
      'DELETE object': () => this.#delete(keyOf(request.url.pathname)),
      'POST batch': () => this.#batch(request),
      'GET list': () => this.#list(request),
    }
    return answers[request.kind]?.() ?? refused(501, 'notImplemented')
  }

  #put({ body, url }: FakeRequest): Answer {
    const [head = '', rest = ''] = splitOnce(body.toString('latin1'), 'Content-Type: application/octet-stream\r\n\r\n')
    const { name, crc32c } = JSON.parse(Buffer.from(/\{.*\}/.exec(head)?.[0] ?? '{}', 'latin1').toString())
    const bytes = Buffer.from(rest.slice(0, rest.lastIndexOf('\r\n--nexus-')), 'latin1')
    if (crc32c !== String(new Crc32c().update(bytes))) return refused(400, 'invalid')
    return this.#store(name, bytes, url)
  }

  #store(key: string, bytes: Buffer, url: URL): Answer {
    if (url.searchParams.get('ifGenerationMatch') === '0' && this.objects.has(key)) return refused(412, 'conditionNotMet')
    const generation = ++this.#counter
    this.writes.set(key, (this.writes.get(key) ?? 0) + 1)
    this.objects.set(key, { bytes, generation })
    const crc32c = String(new Crc32c().update(bytes))
    return { status: 200, body: JSON.stringify({ size: String(bytes.length), generation: String(generation), crc32c }) }
  }

  #startUpload({ url, headers }: FakeRequest): Answer {
    const key = url.searchParams.get('name') ?? ''
    if (this.objects.has(key)) return refused(412, 'conditionNotMet')
    const id = `canary-upload-${++this.#counter}`
    this.uploads.set(id, { key, size: Number(headers['x-upload-content-length']), bytes: Buffer.alloc(0) })
    const location = `${this.endpoint}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&ifGenerationMatch=0&upload_id=${id}`
    return { status: 200, headers: { location } }
  }

  #chunk(request: FakeRequest): Answer {
    const upload = this.uploads.get(uploadId(request))
    if (upload === undefined) return refused(410, 'gone')
    const [, first, size] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(request.headers['content-range'] ?? '') ?? []
    if (Number(size) !== upload.size) return refused(400, 'invalid')
    if (upload.bytes.length === upload.size) return this.#complete(upload, request)
    if (first !== undefined) {
      if (Number(first) > upload.bytes.length) return refused(503, 'aHole')
      upload.bytes = Buffer.concat([upload.bytes.subarray(0, Number(first)), request.body])
      if (upload.bytes.length === upload.size) return this.#complete(upload, request)
      upload.bytes = upload.bytes.subarray(0, upload.bytes.length - (upload.bytes.length % this.quantum))
    }
    const { length } = upload.bytes
    return { status: 308, headers: length === 0 ? {} : { range: `bytes=0-${length - 1}` } }
  }

  /** Asked again, it answers the same. */
  #complete({ key, bytes }: FakeUpload, request: FakeRequest): Answer {
    const known = this.objects.get(key)
    const crc32c = String(new Crc32c().update(bytes))
    if (known?.bytes === bytes) {
      return { status: 200, body: JSON.stringify({ size: String(bytes.length), generation: String(known.generation), crc32c }) }
    }
    const hash = request.headers['x-goog-hash']
    if (hash !== undefined && hash !== `crc32c=${crc32c}`) return refused(400, 'invalid')
    return this.#store(key, bytes, request.url)
  }

  #get({ url, headers }: FakeRequest): Answer {
    const object = this.objects.get(keyOf(url.pathname))
    if (object === undefined) return { status: 404, body: 'No such object' }
    const { bytes, generation } = object
    const wanted = url.searchParams.get('ifGenerationMatch')
    if (wanted !== null && wanted !== String(generation)) return refused(412, 'conditionNotMet')
    const hash = `crc32c=${new Crc32c().update(bytes)},md5=x`
    return ranged(bytes, headers.range, { 'x-goog-generation': String(generation), 'x-goog-hash': hash })
  }

  #stat({ url }: FakeRequest): Answer {
    const object = this.objects.get(keyOf(url.pathname))
    return object === undefined
      ? refused(404, 'notFound')
      : { status: 200, body: JSON.stringify({ size: String(object.bytes.length) }) }
  }

  #delete(key: string): Answer {
    return this.objects.delete(key) ? { status: 204 } : refused(404, 'notFound')
  }

  #batch({ body }: FakeRequest): Answer {
    const paths = [...String(body).matchAll(/^DELETE (\S+) HTTP/gm)].map(([, path = '']) => path)
    return batchOf(paths.map((path) => this.#delete(keyOf(path)).status))
  }

  #list({ url }: FakeRequest): Answer {
    const [prefix, from] = [url.searchParams.get('prefix') ?? '', url.searchParams.get('startOffset') ?? '']
    const limit = Number(url.searchParams.get('maxResults'))
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key >= from).sort()
    const items = keys.slice(0, limit).map((name) => ({ name, size: String(this.objects.get(name)?.bytes.length) }))
    return { status: 200, body: JSON.stringify({ items, nextPageToken: keys.length > limit ? 'more' : undefined }) }
  }
}

/** The answer to a batch, in which each request has one of these statuses. */
export function batchOf(statuses: readonly number[]): Answer {
  const parts = statuses.map((status, index) => {
    const body = status < 300 ? '' : refused(status, status === 403 ? 'forbidden' : 'backendError').body
    return `--b\r\nContent-Type: application/http\r\nContent-ID: <response-${index + 1}>\r\n\r\nHTTP/1.1 ${status} X\r\nContent-Type: application/json\r\n\r\n${body}\r\n`
  })
  return { status: 200, body: `${parts.reverse().join('')}--b--`, headers: { 'content-type': 'multipart/mixed; boundary=b' } }
}

function refused(status: number, reason: string, message = `${reason} it says`): Answer {
  return { status, body: JSON.stringify({ error: { code: status, message, errors: [{ reason, message }] } }) }
}

/** An answer that refuses a request, as Google writes it. */
export function refusal(status: number, reason: string, message?: string, headers: Readonly<Record<string, string>> = {}): Fault {
  return { kind: 'answer', ...refused(status, reason, message), headers }
}

function keyOf(path: string): string {
  return decodeURIComponent(path.slice(path.indexOf('/o/') + 3))
}

function uploadId({ url }: FakeRequest): string {
  return url.searchParams.get('upload_id') ?? ''
}

function splitOnce(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

export const partBytes = 1_000

/** A fake of its own for each test file, and what opens backends on it. */
export class FakeBucket implements AsyncDisposable {
  readonly fake: GcsFake
  readonly options: GCSBackendOptions
  /** Between attempts; they are remembered and not waited for. */
  readonly pauses: number[] = []
  readonly #opened: GCSBackend[] = []

  static async start(): Promise<FakeBucket> {
    return new FakeBucket(await new GcsFake().listen())
  }

  private constructor(fake: GcsFake) {
    this.fake = fake
    this.options = { bucket, prefix: 'test', apiEndpoint: fake.endpoint, token: async () => 'canary-token' }
  }

  readonly clock = {
    sleep: async (ms: number): Promise<void> => {
      this.pauses.push(ms)
    },
  }

  /** Its parts have `partBytes`; what opening asked is forgotten. */
  async open(changes: Partial<GCSBackendOptions> = {}): Promise<GCSBackend> {
    const tuning = { limits: { partBytes }, retry: { clock: this.clock } }
    const backend = await GCSBackend.open({ ...this.options, ...changes }, tuning)
    this.#opened.push(backend)
    this.fake.reset()
    return backend
  }

  /** An empty bucket, and nothing that is to fail. */
  clear(): void {
    this.fake.clear()
    this.pauses.length = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((backend) => backend.close()))
    await this.fake[Symbol.asyncDispose]()
  }
}
