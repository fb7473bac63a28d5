import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, isNexusError, type NexusError } from '../../core/errors.ts'

/** A request as it came. */
export interface FakeRequest {
  /** As the fake calls it: `PUT object`, `GET list`. */
  readonly kind: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer<ArrayBuffer>
}

export interface Answer {
  readonly status: number
  readonly body?: Buffer | string
  readonly headers?: Readonly<Record<string, string | number>>
}

/** What goes wrong with one request. */
export type Fault =
  /** An answer instead of what was asked for. */
  | ({ readonly kind: 'answer' } & Answer)
  /** Done, and then the connection breaks before the answer. */
  | { readonly kind: 'lost reply' }
  /** The answer says how long it is, and breaks off after so many bytes of its body. */
  | { readonly kind: 'cut'; readonly after: number }
  /** No answer at all. */
  | { readonly kind: 'silence' }
  /** Only so many bytes of the body of the request arrive; then it is done. */
  | { readonly kind: 'short'; readonly bytes: number; readonly status?: number }

/** An HTTP server for fakes of object stores: it remembers what it was asked, and fails on demand. */
export abstract class FaultyServer implements AsyncDisposable {
  /** All requests so far. */
  readonly requests: FakeRequest[] = []
  readonly #server: Server
  #faults: { readonly request: string; readonly fault: Fault }[] = []

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
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

  protected abstract kindOf(method: string, url: URL): string
  protected abstract answer(request: FakeRequest): Answer

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? '/', this.endpoint)
    const body = Buffer.from(await buffer(message).catch(() => Buffer.alloc(0)))
    const request = { kind: this.kindOf(message.method ?? '', url), url, headers: message.headers, body }
    this.requests.push(request)
    const index = this.#faults.findIndex((planned) => planned.request === request.kind)
    const fault = index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault
    if (fault?.kind === 'silence') return
    if (fault?.kind === 'answer') return send(response, { ...fault, body: fault.body ?? '' })
    const answer = this.answer(fault?.kind === 'short' ? { ...request, body: body.subarray(0, fault.bytes) } : request)
    if (fault?.kind === 'lost reply') message.socket.destroy()
    else if (fault?.kind === 'cut') await cut(response, answer, fault.after)
    else send(response, fault?.kind === 'short' && fault.status !== undefined ? { status: fault.status } : answer)
  }
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

/** The part of an object that a `Range` header asks for; as HTTP has it. */
export function ranged(bytes: Buffer, range: string | undefined, headers: Readonly<Record<string, string>>): Answer {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  if (first === undefined) return { status: 200, body: bytes, headers }
  if (Number(first) >= bytes.length) return { status: 416 }
  const end = Math.min(bytes.length, last ? Number(last) + 1 : bytes.length)
  const shown = { ...headers, 'content-range': `bytes ${first}-${end - 1}/${bytes.length}` }
  return { status: 206, body: bytes.subarray(Number(first), end), headers: shown }
}

export function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 255)
}

export async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

/** The error with which `work` fails, which must be of that code. */
export async function failure(work: () => Promise<unknown>, code: ErrorCode): Promise<NexusError> {
  try {
    await work()
  } catch (error) {
    assert.ok(isNexusError(error), String(error))
    assert.equal(error.code, code, error.message)
    return error
  }
  return assert.fail('it did not fail')
}
