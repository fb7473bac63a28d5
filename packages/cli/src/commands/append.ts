import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { contentOf } from '../command-line/content-operand.ts'
import { entryJson } from '../output/entry-json.ts'
import { formatBytes } from '../output/format.ts'

interface AppendFlags {
  readonly text?: string
  readonly message?: string
}

export const append: CommandModule = { describe, fixes: { IsADirectory: 'name a file in it' } }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file, made if it is not there')
    .argument('[file]', 'a file of this machine with what is added, or - for standard input')
    .option('--text <text>', 'what is added, itself')
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((path: string, file: string | undefined, flags: AppendFlags) => run(context, path, file, flags))
  finishHelp(command, {
    more: 'Of several that append at once, each gets its bytes in. Every call makes a new version.',
    examples: ['date | nexus append /log/days.txt -'],
  })
}

async function run(context: CommandContext, path: string, file: string | undefined, flags: AppendFlags): Promise<void> {
  const content = await contentOf(context, file, flags.text)
  await context.withStore(async (nexus) => {
    const entry = await nexus.append(path, content, { reason: flags.message, signal: context.signal })
    await context.answer(entryJson(entry), `appended to ${entry.path} v${entry.version}, ${formatBytes(entry.size)}`)
  })
}
