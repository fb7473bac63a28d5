import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { parseMode } from '../command-line/parse-options.ts'
import { entryJson } from '../output/entry-json.ts'
import { formatMode } from '../output/format.ts'

interface ChmodFlags {
  readonly message?: string
}

export const chmod: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<mode>', 'in octal digits, as in 755', parseMode)
    .argument('<path>', 'a file or directory')
    .option('-m, --message <reason>', 'why, kept in the log')
    .action((mode: number, path: string, flags: ChmodFlags) => run(context, mode, path, flags))
  finishHelp(command, {
    more: 'A file gets a new version with the same content. Modes are kept, and do not keep anybody from anything.',
    examples: ['nexus chmod 755 /bin/run.sh'],
  })
}

async function run(context: CommandContext, mode: number, path: string, { message }: ChmodFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const entry = await nexus.chmod(path, mode, { reason: message, signal: context.signal })
    await context.answer(entryJson(entry), `${formatMode(entry)} ${entry.path}`)
  })
}
