import { type ErrorCode, isNexusError, NexusError } from 'nexusfs/errors'
import { describeError, LawBroken, shown } from '../expect.ts'
import type { SubjectModule } from '../law.ts'

/** What the kit asks of the other process. */
export type OtherRequest =
  | { readonly kind: 'load'; readonly module: string; readonly options: unknown }
  | {
      readonly kind: 'run'
      readonly namespace: string
      readonly module: string
      readonly work: string
      readonly args: readonly unknown[]
    }
  | { readonly kind: 'close'; readonly namespace: string }

export interface Numbered<Message> {
  readonly id: number
  readonly message: Message
}

export type OtherReply =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: SentError }

/** An error in a form that crosses between processes. */
export type SentError =
  | { readonly kind: 'nexus'; readonly code: ErrorCode; readonly message: string; readonly context: NexusError['context'] }
  | {
      readonly kind: 'law'
      readonly message: string
      readonly key?: string
      readonly expected?: string
      readonly actual?: string
    }
  | { readonly kind: 'other'; readonly message: string }

export function sentError(error: unknown): SentError {
  if (isNexusError(error)) return { kind: 'nexus', code: error.code, message: error.message, context: error.context }
  if (!(error instanceof LawBroken)) return { kind: 'other', message: describeError(error) }
  const { key, expected, actual } = error.finding
  return {
    kind: 'law',
    message: error.message,
    ...(key !== undefined && { key }),
    ...(expected !== undefined && { expected: shown(expected) }),
    ...(actual !== undefined && { actual: shown(actual) }),
  }
}

export function receivedError(sent: SentError): Error {
  if (sent.kind === 'nexus') return new NexusError(sent.code, sent.message, { context: sent.context })
  if (sent.kind === 'other') return new LawBroken(`in the other process: ${sent.message}`)
  const { message, key, ...values } = sent
  return new LawBroken(`in the other process: ${message}`, { key, ...values })
}

/** As a module names itself, or as people write it. */
export function urlOf({ module }: SubjectModule): string {
  return typeof module === 'string' ? module : module.href
}
