import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { entryJson } from '../output/entry-json.ts'

interface RestoreFlags {
  readonly to?: string
  readonly message?: string
}

export const restore: CommandModule = { describe, fixes: { AlreadyExists: 'pass --to to restore it under another path' } }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'where it was when it was removed')
    .option('--to <path>', 'where to put it (default: where it was)')
    .option('-m, --message <reason>', 'why, kept in the log')
    .action((path: string, flags: RestoreFlags) => run(context, path, flags))
  finishHelp(command, {
    more: [
      'A file comes back with its history, a directory with everything that was in it.',
      'A path below a removed directory brings back that one alone; its directory is made anew.',
    ].join('\n'),
    examples: ['nexus restore /plans/old', 'nexus restore /plans/old/q3.md --to /plans/q3.md'],
  })
}

async function run(context: CommandContext, path: string, { to, message }: RestoreFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const entry = await nexus.restore(path, { to, reason: message, signal: context.signal })
    await context.answer(
      entryJson(entry),
      entry.kind === 'file' ? `restored ${entry.path} v${entry.version}` : `restored ${entry.path}`,
    )
  })
}
