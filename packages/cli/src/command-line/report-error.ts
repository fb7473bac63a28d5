import { CommanderError } from 'commander'
import { type ErrorCode, type ErrorContext, isNexusError, NexusError } from 'nexusfs/errors'
import { OutputClosed } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import type { CommandContext, Fixes } from './command-context.ts'

/** Says on stderr, in one line, what went wrong and what to do; returns the exit code. */
export async function reportError(thrown: unknown, context: CommandContext): Promise<number> {
  if (thrown instanceof OutputClosed) return 0
  const error = toNexusError(thrown, context)
  const { redactSecrets } = await import('nexusfs/registry')
  const clean = (text: string): string => printable(redactSecrets(text))
  const message = clean(messageOf(error, context.fixes, isForeign(thrown)))
  const causes = isDetailed(context) ? causesOf(error).map(clean) : []
  const exit = context.exits[error.code] ?? exitCodes[error.code]
  const { stderr } = context.terminal
  if (context.isJson) {
    const { code, retry, operation } = error
    const facts = { code, message, retry, operation, exit, context: mapTexts(error.context, redactSecrets) }
    stderr.write(`${JSON.stringify({ error: causes.length === 0 ? facts : { ...facts, causes } })}\n`)
  } else {
    stderr.write(`nexus: ${error.code}: ${message}\n`)
    for (const cause of causes) stderr.write(`  because: ${cause}\n`)
  }
  return exit
}

/** What to do where neither the message nor the command says it. */
const generalFixes: Partial<Record<ErrorCode, string>> = {
  NotFound: '`nexus ls` shows what is there',
  AlreadyExists: 'choose another name, or remove it first',
  NotADirectory: '`nexus stat` shows what is in the way',
  IsADirectory: '`nexus ls` shows what it holds',
  NotEmpty: '`nexus ls` shows what it holds',
  Conflict: 'read it again and repeat the change on what is there now',
  PermissionDenied: 'ask for access to the store',
  ReadOnly: 'use a store that takes writes',
  QuotaExceeded: 'remove something, or ask for more',
  Unsupported: '`nexus --help` shows what there is',
  Corrupt: '`nexus versions` shows the older versions, which may be whole',
  NoSpace: 'free some space and repeat it',
  RateLimited: 'wait a moment and repeat it',
  Unavailable: 'see that the store can be reached, and repeat it',
  Timeout: 'repeat it when the store is less busy',
  Aborted: 'run it again to finish it',
  Unexpected: 'run it again with --verbose, and report what it says',
}

/**
 * What the command says to do comes first, since advice of the library is in terms of its calls.
 * @param isWhole nobody knows whether the summary says what to do
 */
function messageOf(error: NexusError, fixes: Fixes, isWhole: boolean): string {
  const path = typeof error.context.path === 'string' ? error.context.path : ''
  const { summary, advice } = error
  const own = fixes[error.code]
  const fix = (typeof own === 'function' ? own(error) : own) ?? advice ?? (isWhole ? undefined : generalFix(error))
  const named = path === '/' || summary.includes(path) ? summary : `${summary}: ${path}`
  return fix === undefined ? named : `${named}; ${fix}`
}

function generalFix({ code, context }: NexusError): string | undefined {
  return typeof context.location === 'string' ? 'look at it on this machine' : generalFixes[code]
}

function toNexusError(thrown: unknown, context: CommandContext): NexusError {
  if (thrown instanceof CommanderError) return new NexusError('InvalidArgument', usageMessage(thrown.message, context))
  if (isNexusError(thrown) && Object.hasOwn(exitCodes, thrown.code)) {
    // One of another copy of the library, or of an adapter, may lack what ours always has.
    return isForeign(thrown) ? ours(thrown) : thrown
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new NexusError('Unexpected', message, { cause: thrown })
}

/** An error of an adapter that has a class of its own. */
function isForeign(thrown: unknown): boolean {
  return isNexusError(thrown) && (thrown.context === undefined || thrown.summary === undefined)
}

function ours({ code, message, context = {}, cause }: NexusError): NexusError {
  return new NexusError(code, message, { context, cause })
}

/** The command-line parser's message, in the form of ours. */
function usageMessage(text: string, { commandName }: CommandContext): string {
  const problem = text
    .replace(/^error: /, '')
    .replace(/^command-argument value (.*) is invalid for argument '(.*)'\. /, '$1 is wrong for <$2>: ')
    .replace(/^option '(.*)' argument (.*) is invalid\. /, '$2 is wrong for $1: ')
    .replace(/unknown command '(.*)'(?:\n.*)?$/s, (whole, word: string) => otherWord(word) ?? whole)
    .replace(/\n\(Did you mean/, ' (did you mean')
    .replace(/\. Expected/, ': expected')
    .replace(/\.$/, '')
  return `${problem}; see \`nexus ${commandName === '' ? '' : `${commandName} `}--help\``
}

/** What other programs call it; words of which only few letters are another's are found by the parser itself. */
const otherWords: Readonly<Record<string, string>> = {
  check: 'backup --verify',
  copy: 'cp',
  delete: 'rm',
  dir: 'ls',
  fsck: 'backup --verify',
  get: 'cat',
  history: 'versions',
  list: 'ls',
  move: 'mv',
  put: 'write',
  read: 'cat',
  remove: 'rm',
  rename: 'mv',
  revert: 'rollback',
  show: 'stat',
  status: 'info',
  undelete: 'restore',
  undo: 'rollback',
}

function otherWord(word: string): string | undefined {
  const ours = Object.hasOwn(otherWords, word) ? otherWords[word] : undefined
  return ours === undefined ? undefined : `unknown command '${word}' (did you mean ${ours}?)`
}

function isDetailed({ options, terminal }: CommandContext): boolean {
  return options.verbose === true || (terminal.env.NEXUS_DEBUG ?? '') !== ''
}

/** Name and message of each cause, outermost first; never a stack. */
function causesOf(error: Error): readonly string[] {
  const causes: string[] = []
  for (let cause = error.cause; cause instanceof Error && causes.length < 10; cause = cause.cause) {
    causes.push(`${cause.name}: ${cause.message}`)
  }
  return causes
}

function mapTexts(facts: ErrorContext, change: (text: string) => string): ErrorContext {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, typeof value === 'string' ? change(value) : value]),
  )
}

/** What the command exits with when it fails; 1 says that some of what was asked for could not be done, 130 that it was interrupted. */
export const exitCodes: Readonly<Record<ErrorCode, number>> = {
  InvalidArgument: 2,
  InvalidPath: 2,
  NotFound: 3,
  AlreadyExists: 3,
  NotADirectory: 3,
  IsADirectory: 3,
  NotEmpty: 3,
  Conflict: 4,
  PermissionDenied: 5,
  ReadOnly: 5,
  QuotaExceeded: 5,
  Unsupported: 6,
  Corrupt: 7,
  NoSpace: 8,
  RateLimited: 8,
  Unavailable: 8,
  Timeout: 8,
  Aborted: 9,
  Closed: 9,
  MissingDependency: 10,
  InvalidConfig: 10,
  Unexpected: 70,
}
