import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { type ErrorCode, NexusError } from 'nexusfs/errors'
import type { CommandContext } from './command-context.ts'

/**
 * The content that a command line gives, as a file, as standard input or as `--text`. It is never taken for granted: a forgotten operand
 * must not write an empty file.
 * @throws {NexusError} InvalidArgument if there is none, or two; and as `readInput`
 */
export async function contentOf(
  context: CommandContext,
  file: string | undefined,
  text: string | undefined,
): Promise<string | Uint8Array> {
  if (text !== undefined && file !== undefined) {
    throw new NexusError('InvalidArgument', 'the content is given twice', { advice: 'give either a file or --text' })
  }
  if (text !== undefined) return text
  if (file !== undefined) return readInput(context, file)
  throw new NexusError('InvalidArgument', 'no content was given', {
    advice: 'name a file, or - for standard input, or give --text',
  })
}

const pieceBytes = 1024 * 1024

/**
 * All bytes of a file of this machine, or of standard input for `-`.
 * @throws {NexusError} NotFound, IsADirectory, PermissionDenied, Aborted at Ctrl-C
 */
async function readInput(context: CommandContext, source: string): Promise<Uint8Array> {
  const { terminal, signal } = context
  try {
    const pieces: Uint8Array[] = []
    // In pieces, since Node reads no file of 2 GiB at once.
    const input = source === '-' ? terminal.stdin : createReadStream(resolve(terminal.cwd, source), { highWaterMark: pieceBytes })
    for await (const piece of addAbortSignal(signal, input)) pieces.push(toBytes(piece))
    return Buffer.concat(pieces)
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
