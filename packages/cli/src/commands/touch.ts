import type { Command } from 'commander'
import type { Entry, NexusFS } from 'nexusfs'
import { isNexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { entryJson } from '../output/entry-json.ts'

interface TouchFlags {
  readonly message?: string
}

export const touch: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file or directory, or where to make an empty file')
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((path: string, flags: TouchFlags) => run(context, path, flags))
  finishHelp(command, {
    more: 'What is there counts as modified now; a file gets a new version with the same content. A missing file is made, with its directories.',
    examples: ['nexus touch /inbox/.keep'],
  })
}

async function run(context: CommandContext, path: string, { message }: TouchFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const entry = await touchOrMake(nexus, path, { reason: message, signal: context.signal })
    await context.answer(entryJson(entry), `touched ${entry.path}${entry.kind === 'directory' ? '' : ` v${entry.version}`}`)
  })
}

/** An append of nothing makes an empty file, and spoils none that somebody else has made meanwhile. */
async function touchOrMake(
  nexus: NexusFS,
  path: string,
  options: { readonly reason: string | undefined; readonly signal: AbortSignal },
): Promise<Entry> {
  try {
    return await nexus.utimes(path, options)
  } catch (error) {
    if (isNexusError(error, 'NotFound')) return nexus.append(path, '', options)
    throw error
  }
}
