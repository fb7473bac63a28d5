import { createHash } from 'node:crypto'
import { type Answer, type FakeRequest, type Fault, FaultyServer, ranged } from '../object-store/faulty-server.test-fixture.ts'
import { AzureBackend } from './azure-backend.ts'
import type { AzureBackendOptions } from './options.ts'

interface FakeBlob {
  readonly bytes: Buffer
  readonly etag: string
}

const container = 'fake-container'
const account = 'fakeaccount'
export const canaryKey: string = Buffer.from('canary-key'.repeat(7)).toString('base64')

/** One container in memory that speaks as much of Azure Blob Storage as the backend uses. It checks no signatures. */
export class AzureFake extends FaultyServer {
  readonly blobs = new Map<string, FakeBlob>()
  /** By blob and id of the block. */
  readonly blocks = new Map<string, Map<string, Buffer>>()
  /** How often each blob was written. */
  readonly writes = new Map<string, number>()
  #counter = 0

  get connectionString(): string {
    return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${canaryKey};BlobEndpoint=${this.endpoint}/${account};`
  }

  clear(): void {
    this.reset()
    for (const map of [this.blobs, this.blocks, this.writes]) map.clear()
  }

  protected kindOf(method: string, url: URL): string {
    const comp = url.searchParams.get('comp')
    if (comp === 'block') return 'PUT block'
    if (comp === 'blocklist') return 'PUT blocklist'
    if (comp === 'batch') return 'POST batch'
    return `${method} ${comp === 'list' ? 'list' : 'blob'}`
  }

  protected answer(request: FakeRequest): Answer {
    const [, , named] = request.url.pathname.split('/')
    if (named !== container) return refused(404, 'ContainerNotFound')
    const answers: Readonly<Record<string, () => Answer>> = {
      'PUT blob': () => this.#put(request),
      'PUT block': () => this.#stage(request),
      'PUT blocklist': () => this.#commit(request),
      'GET blob': () => this.#get(request),
      'HEAD blob': () => this.#head(request),
      'POST batch': () => this.#batch(request),
      'GET list': () => this.#list(request),
    }
    return answers[request.kind]?.() ?? refused(501, 'NotImplemented')
  }

  #put({ url, body, headers }: FakeRequest): Answer {
    if (headers['x-ms-blob-content-md5'] !== md5(body)) return refused(400, 'Md5Mismatch')
    return this.#store(nameOf(url.pathname), body, headers)
  }

  #store(name: string, bytes: Buffer, headers: FakeRequest['headers']): Answer {
    if (headers['if-none-match'] === '*' && this.blobs.has(name)) return refused(409, 'BlobAlreadyExists')
    this.writes.set(name, (this.writes.get(name) ?? 0) + 1)
    const etag = `"etag-${++this.#counter}"`
    this.blobs.set(name, { bytes, etag })
    // Blocks that wait are forgotten with every write of their blob.
    this.blocks.delete(name)
    return { status: 201, headers: { etag } }
  }

  #stage({ url, body, headers }: FakeRequest): Answer {
    if (headers['content-md5'] !== md5(body)) return refused(400, 'Md5Mismatch')
    const name = nameOf(url.pathname)
    const blocks = this.blocks.get(name) ?? new Map<string, Buffer>()
    this.blocks.set(name, blocks.set(url.searchParams.get('blockid') ?? '', body))
    return { status: 201 }
  }

  #commit({ url, body, headers }: FakeRequest): Answer {
    const name = nameOf(url.pathname)
    if (headers['if-none-match'] === '*' && this.blobs.has(name)) return refused(409, 'BlobAlreadyExists')
    const ids = [...String(body).matchAll(/<Latest>(.*?)<\/Latest>/g)].map(([, id = '']) => id)
    const blocks = ids.map((id) => this.blocks.get(name)?.get(id))
    const known = blocks.filter((block) => block !== undefined)
    return known.length < ids.length ? refused(400, 'InvalidBlockList') : this.#store(name, Buffer.concat(known), headers)
  }

  #get({ url, headers }: FakeRequest): Answer {
    const blob = this.blobs.get(nameOf(url.pathname))
    if (blob === undefined) return refused(404, 'BlobNotFound')
    if (headers['if-match'] !== undefined && headers['if-match'] !== blob.etag) return refused(412, 'ConditionNotMet')
    const answer = ranged(blob.bytes, String(headers['x-ms-range'] ?? headers.range ?? ''), { etag: blob.etag })
    return answer.status === 416 ? refused(416, 'InvalidRange') : answer
  }

  #head({ url }: FakeRequest): Answer {
    const blob = this.blobs.get(nameOf(url.pathname))
    if (blob === undefined) return { status: 404, headers: { 'x-ms-error-code': 'BlobNotFound' } }
    return { status: 200, headers: { 'content-length': blob.bytes.length, etag: blob.etag } }
  }

  #batch({ body }: FakeRequest): Answer {
    const names = [...String(body).matchAll(/^DELETE (\S+?)(?:\?\S*)? HTTP/gm)].map(([, path = '']) => nameOf(path))
    return batchOf(names.map((name) => (this.blobs.delete(name) ? '202' : '404 BlobNotFound')))
  }

  #list({ url }: FakeRequest): Answer {
    const [prefix, marker] = [url.searchParams.get('prefix') ?? '', url.searchParams.get('marker') ?? '']
    const limit = Number(url.searchParams.get('maxresults'))
    const names = [...this.blobs.keys()].filter((name) => name.startsWith(prefix) && `!${name}` > marker).sort()
    const shown = names.slice(0, limit).map((name) => {
      const size = this.blobs.get(name)?.bytes.length
      return `<Blob><Name>${escapeXml(name)}</Name><Properties><Content-Length>${size}</Content-Length></Properties></Blob>`
    })
    const next = names.length > limit ? `!${escapeXml(names[limit - 1] ?? '')}` : ''
    const body = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>${shown.join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`
    return { status: 200, body, headers: { 'content-type': 'application/xml' } }
  }
}

/** The answer to a batch, whose requests are answered so: `202`, `404 BlobNotFound`. */
export function batchOf(answers: readonly string[]): Answer {
  const parts = answers.map((answer, index) => {
    const [status = '', code] = answer.split(' ')
    const error = code === undefined ? '' : `x-ms-error-code: ${code}\r\n`
    return `--b\r\nContent-Type: application/http\r\nContent-ID: ${index}\r\n\r\nHTTP/1.1 ${status} X\r\n${error}x-ms-request-id: 1\r\n\r\n`
  })
  return { status: 202, body: `${parts.join('\r\n')}\r\n--b--`, headers: { 'content-type': 'multipart/mixed; boundary=b' } }
}

function refused(status: number, code: string, message = `${code} it says`): Answer {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, body, headers: { 'x-ms-error-code': code, 'content-type': 'application/xml' } }
}

/** An answer that refuses a request, as Azure writes it. */
export function refusal(status: number, code: string, message?: string, headers: Readonly<Record<string, string>> = {}): Fault {
  const answer = refused(status, code, message)
  return { kind: 'answer', ...answer, headers: { ...answer.headers, ...headers } }
}

function nameOf(path: string): string {
  return decodeURIComponent(path.split('/').slice(3).join('/'))
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

export const partBytes = 1_000

/** A fake of its own for each test file, and what opens backends on it. */
export class FakeContainer implements AsyncDisposable {
  readonly fake: AzureFake
  readonly options: AzureBackendOptions
  /** Between attempts; they are remembered and not waited for. */
  readonly pauses: number[] = []
  readonly #opened: AzureBackend[] = []
  readonly clock = {
    sleep: async (ms: number): Promise<void> => {
      this.pauses.push(ms)
    },
  }

  static async start(): Promise<FakeContainer> {
    return new FakeContainer(await new AzureFake().listen())
  }

  private constructor(fake: AzureFake) {
    this.fake = fake
    this.options = { container, prefix: 'test', connectionString: fake.connectionString }
  }

  /** Its parts have `partBytes`; what opening asked is forgotten. */
  async open(changes: Partial<AzureBackendOptions> = {}): Promise<AzureBackend> {
    const tuning = { limits: { partBytes }, retry: { clock: this.clock } }
    const backend = await AzureBackend.open({ ...this.options, ...changes }, tuning)
    this.#opened.push(backend)
    this.fake.reset()
    return backend
  }

  /** An empty container, and nothing that is to fail. */
  clear(): void {
    this.fake.clear()
    this.pauses.length = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((backend) => backend.close()))
    await this.fake[Symbol.asyncDispose]()
  }
}
