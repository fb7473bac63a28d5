import { type ErrorCode, isNexusError, NexusError, type Outcome } from '../../core/errors.ts'

export interface FailedCall {
  readonly operation: string
  readonly location: string
  /** What is known if the connection broke; a reply that refuses the whole command always means `none`. */
  readonly outcome: Outcome
  /** Removed from every text. */
  readonly secrets: readonly string[]
}

/** What happened, and what to do about it. */
interface Told {
  readonly what: string
  readonly advice?: string
}

interface Refusal extends Told {
  /** Anywhere in a reply: servers before 7.0 wrap the error of a script in a sentence. */
  readonly pattern: RegExp
  readonly code: ErrorCode
  /** The script may have written before it met this. */
  readonly isLate?: true
}

/** What a server says, first match first. */
const refusals: readonly Refusal[] = [
  {
    pattern: /\bWRONGPASS\b|invalid password/,
    code: 'PermissionDenied',
    what: 'the server refuses the login',
    advice: 'correct the user and password of the URL',
  },
  {
    pattern: /\bNOAUTH\b|Authentication required/,
    code: 'PermissionDenied',
    what: 'the server asks for a password',
    advice: 'put it in the URL: redis://user:password@host',
  },
  {
    pattern: /without any password configured/,
    code: 'PermissionDenied',
    what: 'the server has no password for this user',
    advice: 'remove it from the URL, or set one on the server',
  },
  {
    pattern: /\bNOPERM\b|no permissions|The user executing the script can't/,
    code: 'PermissionDenied',
    what: 'the user may not do that',
    advice: 'grant the user the commands and keys that the README of the adapter lists (ACL SETUSER)',
    isLate: true,
  },
  { pattern: /\bDENIED\b/, code: 'PermissionDenied', what: 'the server is in protected mode', advice: 'set a password on it' },
  { pattern: /\bREADONLY\b/, code: 'ReadOnly', what: 'this server is a replica', advice: 'use the URL of the primary' },
  {
    pattern: /\bOOM\b/,
    code: 'NoSpace',
    what: 'the server has reached maxmemory',
    advice: 'raise it, or prune and remove files',
  },
  { pattern: /\bMISCONF\b.*[Nn]o space/, code: 'NoSpace', what: 'the disk of the server is full', advice: 'make room on it' },
  {
    pattern: /\bMISCONF\b/,
    code: 'Unavailable',
    what: 'the server cannot write to its disk and refuses to go on',
    advice: 'see its log',
  },
  {
    pattern: /\bLOADING\b/,
    code: 'Unavailable',
    what: 'the server is still reading its data',
    advice: 'try again when it has started',
  },
  {
    pattern: /\bBUSY\b/,
    code: 'Unavailable',
    what: "somebody's script keeps the server busy",
    advice: 'see SLOWLOG and SCRIPT KILL',
  },
  {
    pattern: /\bSCRIPT KILL\b|Script killed/,
    code: 'Unavailable',
    what: 'somebody ended the script with SCRIPT KILL',
    advice: 'try again',
  },
  {
    pattern: /\b(?:MASTERDOWN|NOREPLICAS)\b/,
    code: 'Unavailable',
    what: 'the server misses its primary or its replicas',
    advice: 'repair the replication',
  },
  {
    pattern: /max number of clients/,
    code: 'Unavailable',
    what: 'the server takes no more connections',
    advice: 'raise maxclients',
  },
  {
    pattern: /\b(?:MOVED|ASK|CROSSSLOT|CLUSTERDOWN|TRYAGAIN)\b/,
    code: 'Unsupported',
    what: 'the server is part of a Redis Cluster',
    advice: 'use one that is not (cluster-enabled no)',
  },
  {
    pattern: /DB index is out of range/,
    code: 'InvalidConfig',
    what: 'the server has no database of that number',
    advice: 'correct the URL',
  },
  {
    pattern: /\bWRONGTYPE\b/,
    code: 'Corrupt',
    what: 'another program writes keys under the prefix of this store',
    advice: 'give it a prefix of its own',
  },
  {
    pattern: /unknown (?:command|subcommand)/i,
    code: 'Unsupported',
    what: 'the server lacks a command',
    advice: 'use Redis 6.2 or later, with all its commands',
  },
]

/** Codes of Node's TLS and certificate failures. */
const tlsFailure = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/

/** Every failure of the client or the server becomes one of ours here. */
export function toNexusError(error: unknown, call: FailedCall): NexusError {
  if (isNexusError(error)) return error
  const { message, code, isReply } = describe(error)
  const said = redact(message, call.secrets)
  if (isReply) return fromReply(said, call)
  if (tlsFailure.test(code) || /before secure TLS connection/.test(message)) {
    const advice = 'give the certificate authority in the option tls.ca, or use redis:// if the server speaks no TLS'
    return make('InvalidConfig', { what: 'TLS with the server failed', advice }, said, call.outcome, call)
  }
  return make('Unavailable', unreachable(code, call), said, call.outcome, call)
}

function fromReply(said: string, call: FailedCall): NexusError {
  const refusal = refusals.find(({ pattern }) => pattern.test(said))
  if (refusal === undefined)
    return make('Unexpected', { what: 'the server answered with an error nobody foresaw' }, said, 'unknown', call)
  return make(refusal.code, refusal, said, refusal.isLate ? call.outcome : 'none', call)
}

function unreachable(code: string, { outcome }: FailedCall): Told {
  if (code === 'ECONNREFUSED') return { what: 'nothing listens there', advice: 'start the server or correct the URL' }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return { what: 'the name of the host is not known', advice: 'correct the URL' }
  if (outcome === 'unknown') return { what: 'the connection broke before the answer came' }
  return { what: 'the server cannot be reached, or closed the connection', advice: 'if it speaks TLS only, use rediss://' }
}

function make(code: ErrorCode, { what, advice }: Told, said: string, outcome: Outcome, call: FailedCall): NexusError {
  const cause = new Error(said)
  return new NexusError(code, `${call.operation}: ${call.location}: ${what} (${said})`, {
    advice,
    operation: call.operation,
    outcome,
    cause,
  })
}

/** The vendor's error object stays behind: it carries the arguments of the command, of AUTH too. */
function describe(error: unknown): { message: string; code: string; isReply: boolean } {
  if (!(error instanceof Error)) return { message: String(error), code: '', isReply: false }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const message = error.message === '' ? code : error.message
  return { message, code, isReply: error.name === 'ReplyError' }
}

function redact(text: string, secrets: readonly string[]): string {
  let safe = text
  for (const secret of secrets) {
    if (secret !== '') safe = safe.replaceAll(secret, '***')
  }
  return safe.slice(0, 300)
}
