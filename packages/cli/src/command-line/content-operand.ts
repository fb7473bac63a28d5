import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from './command-context.ts'
import { readInput } from './read-input.ts'

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
