import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { type ErrorCode, NexusError } from 'nexusfs/errors'
import type { CommandContext } from './command-context.ts'

/**
 * The content that a command line gives, as a file, as standard input or as `--text`. It is never taken for granted: a forgotten operand
 * must not write an empty file.
 * @throws {NexusError} InvalidArgument if there is none, or two; NotFound, IsADirectory, PermissionDenied; Aborted at Ctrl-C
 */
export async function contentOf(
  context: CommandContext,
  file: string | undefined,
  text: string | undefined,
): Promise<string | Uint8Array> {
  const given = contentPieces(context, file, text)
  if (typeof given === 'string') return given
  const pieces: Uint8Array[] = []
  for await (const piece of given) pieces.push(piece)
  return Buffer.concat(pieces)
}

/**
 * The same in pieces, so that content of any length goes through; nothing is opened before the first is asked for.
 * @throws {NexusError} InvalidArgument if there is none, or two; the pieces throw as `contentOf`
 */
export function contentPieces(
  context: CommandContext,
  file: string | undefined,
  text: string | undefined,
): string | AsyncIterable<Uint8Array> {
  if (text !== undefined && file !== undefined) {
    throw new NexusError('InvalidArgument', 'the content is given twice', { advice: 'give either a file or --text' })
  }
  if (text !== undefined) return text
  if (file !== undefined) return inputPieces(context, file)
  throw new NexusError('InvalidArgument', 'no content was given', {
    advice: 'name a file, or - for standard input, or give --text',
  })
}

const pieceBytes = 1024 * 1024

async function* inputPieces({ terminal, signal }: CommandContext, source: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const input = source === '-' ? terminal.stdin : createReadStream(resolve(terminal.cwd, source), { highWaterMark: pieceBytes })
    for await (const piece of addAbortSignal(signal, input)) yield toBytes(piece)
  } catch (cause) {
    throw inputError(source, cause)
  }
}

function toBytes(piece: unknown): Uint8Array {
  return piece instanceof Uint8Array ? piece : Buffer.from(String(piece))
}

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NotFound',
  ENOTDIR: 'NotFound',
  EISDIR: 'IsADirectory',
  EACCES: 'PermissionDenied',
  EPERM: 'PermissionDenied',
  ABORT_ERR: 'Aborted',
}

const problems: Partial<Record<ErrorCode, { readonly what: string; readonly advice?: string }>> = {
  NotFound: { what: 'there is no such file on this machine', advice: 'check the name' },
  IsADirectory: { what: 'it is a folder', advice: '`nexus import` takes whole folders' },
  PermissionDenied: { what: 'it may not be read', advice: 'change its permissions' },
  Aborted: { what: 'interrupted', advice: 'nothing was written' },
}

function inputError(source: string, cause: unknown): NexusError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const code = codes[reason] ?? 'Unexpected'
  const name = source === '-' ? 'standard input' : source
  const { what, advice } = problems[code] ?? { what: reason }
  return new NexusError(code, `cannot read ${name}: ${what}`, { advice, cause })
}
