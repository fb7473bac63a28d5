import type { ErrorTable } from '../../engine-kit/error-table.ts'
import { redactSecrets } from '../../engine-kit/redact.ts'

/**
 * What a failure of a vendor's client says, and nothing else of it: such an error carries the request, with its signature and its
 * tokens, and so it is neither thrown on nor kept as a cause.
 */
export class ObjectFailure extends Error {
  /** A name in the tables: one of the service, an errno, `TLS`, or `HTTP 503`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = code
    this.code = code
  }
}

export interface FailureFacts {
  /** The name that the service gives it, such as `NoSuchKey`. */
  readonly name: string
  readonly message: string
  readonly status: number | undefined
  readonly errno: string | undefined
}

/** The failure under the first of its names that the table knows: that of the service, its errno, its HTTP status. */
export function objectFailure(facts: FailureFacts, table: ErrorTable, secrets: Iterable<string>): ObjectFailure {
  const { name, status, errno } = facts
  const names = [name, errno, errno !== undefined && tlsErrno.test(errno) ? 'TLS' : undefined, statusName(status)]
  const known = names.find((candidate) => candidate !== undefined && Object.hasOwn(table, candidate))
  const hidden = [...secrets]
  return new ObjectFailure(known ?? hide(name, hidden), hide(facts.message, hidden))
}

/** A service may repeat what it was sent. */
function hide(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), redactSecrets(text))
}

function statusName(status: number | undefined): string | undefined {
  if (status === undefined) return undefined
  return status > 504 && status !== 507 ? 'HTTP 5xx' : `HTTP ${status}`
}

/** Codes of Node's TLS and certificate failures. */
const tlsErrno = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/

const later = 'try again later'
const reach = 'check the endpoint and the network'

/** What an HTTP status and a fault of the connection mean for any object store; an adapter's own names come before them. */
export const httpTable: ErrorTable = {
  'HTTP 401': { code: 'PermissionDenied', summary: 'the service does not accept the credentials', advice: 'check them' },
  'HTTP 403': { code: 'PermissionDenied', summary: 'access is refused', advice: 'check the credentials and their rights' },
  'HTTP 408': { code: 'Unavailable', summary: 'the request did not arrive in time', advice: later },
  'HTTP 409': { code: 'Unavailable', summary: 'another request to the same object is under way', advice: later },
  'HTTP 411': {
    code: 'Unsupported',
    summary: 'the service lacks what the client relies on',
    advice: 'is the endpoint the right one?',
  },
  'HTTP 412': { code: 'Conflict', summary: 'the object is not what it was when the call began', advice: 'read it again' },
  'HTTP 429': { code: 'RateLimited', summary: 'the service asks for fewer requests', advice: later },
  'HTTP 500': { code: 'Unavailable', summary: 'the service failed', advice: later },
  'HTTP 501': {
    code: 'Unsupported',
    summary: 'the service lacks what the client relies on',
    advice: 'is the endpoint the right one?',
  },
  'HTTP 502': { code: 'Unavailable', summary: 'the service cannot be reached behind its gateway', advice: later },
  'HTTP 503': { code: 'Unavailable', summary: 'the service is overloaded', advice: later },
  'HTTP 504': { code: 'Unavailable', summary: 'the service did not answer its gateway', advice: later },
  'HTTP 507': { code: 'NoSpace', summary: 'the service has no space left', advice: 'free some' },
  'HTTP 5xx': { code: 'Unavailable', summary: 'the service failed', advice: later },
  ECONNREFUSED: { code: 'Unavailable', summary: 'nothing answers at the endpoint', advice: reach },
  ECONNRESET: { code: 'Unavailable', summary: 'the connection broke', advice: reach },
  EPIPE: { code: 'Unavailable', summary: 'the connection broke', advice: reach },
  ECONNABORTED: { code: 'Unavailable', summary: 'the connection broke', advice: reach },
  ERR_STREAM_PREMATURE_CLOSE: { code: 'Unavailable', summary: 'the connection broke', advice: reach },
  ETIMEDOUT: { code: 'Unavailable', summary: 'the endpoint cannot be reached', advice: reach },
  EHOSTUNREACH: { code: 'Unavailable', summary: 'the endpoint cannot be reached', advice: reach },
  ENETUNREACH: { code: 'Unavailable', summary: 'the endpoint cannot be reached', advice: reach },
  ENOTFOUND: { code: 'Unavailable', summary: 'no machine has the name of the endpoint', advice: reach },
  EAI_AGAIN: { code: 'Unavailable', summary: 'the name of the endpoint cannot be looked up now', advice: reach },
  EMFILE: { code: 'Unavailable', summary: 'this process has too many open files', advice: 'raise its limit' },
  HPE_INVALID_CONSTANT: { code: 'InvalidConfig', summary: 'what answers at the endpoint speaks no HTTP', advice: reach },
  TLS: {
    code: 'InvalidConfig',
    summary: 'TLS with the endpoint failed',
    advice: 'name the certificate authority in NODE_EXTRA_CA_CERTS, or write http:// if the endpoint speaks no TLS',
  },
}

/** What a `Retry-After` header asks for; as facts of an error. */
export function retryAfter(header: unknown): { readonly retryAfterMs?: number } {
  const seconds = Number(header ?? Number.NaN)
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}
}

/** A property of an error of a vendor's client, whose type says nothing of it. */
export function factOf(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined), value)
}
