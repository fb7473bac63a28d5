import { NexusError } from '../../core/errors.ts'
import { factOf, httpTable } from '../object-store/failures.ts'
import type { GcsSettings } from './options.ts'

/** An answer that refuses a request, or credentials that could not be had: what it says, without the request. */
export class GcsFailure extends Error {
  /** Absent where nothing has answered. */
  readonly status: number | undefined
  readonly retryAfter: string | undefined

  constructor(
    name: string,
    message: string,
    facts: { readonly status?: number | undefined; readonly retryAfter?: string | undefined } = {},
  ) {
    super(message)
    this.name = name
    this.status = facts.status
    this.retryAfter = facts.retryAfter
  }

  /** The same under a name that says more. */
  named(name: string): GcsFailure {
    return new GcsFailure(name, this.message, this)
  }
}

export interface GcsCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the endpoint: `/storage/v1/...`; or the whole address of an upload, which is a secret and needs no token. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal: AbortSignal
  /** Statuses that are answers, besides those below 300. */
  readonly accepts?: readonly number[]
}

/** Requests by `fetch`, each sent once, with a token of the client library. */
export class GcsRequests {
  readonly #settings: GcsSettings
  readonly #authorization: (url: URL) => Promise<string | null>
  /** Tokens that were sent, to be kept out of every text. */
  readonly secrets: Set<string> = new Set()

  /** @throws {NexusError} MissingDependency */
  static async open(settings: GcsSettings): Promise<GcsRequests> {
    const { token, isGoogles } = settings
    const sdk = await loadSdk()
    if (token !== undefined) return new GcsRequests(settings, async () => `Bearer ${await token()}`)
    if (!isGoogles) return new GcsRequests(settings, async () => null)
    const { authClient } = new sdk.Storage()
    return new GcsRequests(settings, async (url) => (await authClient.getRequestHeaders(url)).get('authorization'))
  }

  private constructor(settings: GcsSettings, authorization: (url: URL) => Promise<string | null>) {
    this.#settings = settings
    this.#authorization = authorization
  }

  /** @throws {GcsFailure} what the service refuses; or as `fetch` */
  async send({ method, path, query = {}, headers, body, signal, accepts = [] }: GcsCall): Promise<Response> {
    const isWhole = path.includes('://')
    const url = new URL(isWhole ? path : this.#settings.endpoint + path)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value))
    const all = new Headers({ ...headers, 'accept-encoding': 'identity' })
    const authorization = isWhole ? null : await this.#authorize(url)
    if (authorization !== null) all.set('authorization', authorization)
    // 308 is an answer of uploads here, not a redirect; and a token follows none.
    const response = await fetch(url, {
      method,
      headers: all,
      body: body === undefined ? null : plain(body),
      signal,
      redirect: 'manual',
    })
    if (response.ok || accepts.includes(response.status)) return response
    const text = await response.text()
    const retryAfter = response.headers.get('retry-after') ?? undefined
    throw refusal(text.replaceAll(isWhole ? path : '\0', '***'), { status: response.status, retryAfter })
  }

  /** What the library says may repeat a key file: it is not told. */
  async #authorize(url: URL): Promise<string | null> {
    try {
      const authorization = await this.#authorization(url)
      if (authorization !== null) this.secrets.add(authorization.replace(/^Bearer /, ''))
      return authorization
    } catch (error) {
      const grant = factOf(error, 'response', 'data', 'error')
      const errno = factOf(error, 'code') ?? factOf(error, 'cause', 'code')
      if (grant === 'invalid_grant') throw new GcsFailure('invalid_grant', 'the credentials are refused')
      if (typeof errno === 'string' && Object.hasOwn(httpTable, errno)) throw new GcsFailure(errno, 'no token could be had')
      throw new GcsFailure('NoCredentials', 'no credentials were found')
    }
  }
}

/** `fetch` takes no memory that is shared between threads. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes)
}

/** @throws {NexusError} MissingDependency */
async function loadSdk(): Promise<typeof import('@google-cloud/storage')> {
  try {
    return await import('@google-cloud/storage')
  } catch (cause) {
    throw new NexusError('MissingDependency', 'gcs: the package @google-cloud/storage is missing', {
      advice: 'run `npm install @google-cloud/storage`',
      operation: 'storage.open',
      outcome: 'none',
      cause,
    })
  }
}

/** What an answer that refuses says. */
export function refusal(text: string, facts: { readonly status: number; readonly retryAfter?: string | undefined }): GcsFailure {
  return new GcsFailure(reasonIn(text), messageIn(text), facts)
}

/** Google's word for why: `forbidden`, `rateLimitExceeded`. */
function reasonIn(text: string): string {
  const errors = factOf(parsed(text), 'error', 'errors')
  const reason = Array.isArray(errors) ? factOf(errors[0], 'reason') : undefined
  return typeof reason === 'string' ? reason : 'Unknown'
}

function messageIn(text: string): string {
  const message = factOf(parsed(text), 'error', 'message')
  return typeof message === 'string' ? message : text.slice(0, 200)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
