import type { Command } from 'commander'
import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { entryJson } from '../output/entry-json.ts'

interface LnFlags {
  readonly symbolic?: boolean
  readonly force?: boolean
  readonly message?: string
}

export const ln: CommandModule = {
  describe,
  fixes: { AlreadyExists: 'pass -f to replace a link or a file', IsADirectory: 'a directory is never replaced' },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<target>', 'where the link leads: a path, absolute or from the directory of the link')
    .argument('<path>', 'where the link is')
    .option('-s, --symbolic', 'a symbolic link; there are no others')
    .option('-f, --force', 'give a link that is there this target, or replace a file')
    .option('-m, --message <reason>', 'why, kept in the log')
    .action((target: string, path: string, flags: LnFlags) => run(context, target, path, flags))
  finishHelp(command, {
    more: 'The target is kept as it is, whether or not anything is there.',
    examples: ['nexus ln -s 2026-11 /reports/latest', 'nexus ln -sf 2026-12 /reports/latest'],
  })
}

async function run(context: CommandContext, target: string, path: string, flags: LnFlags): Promise<void> {
  if (flags.symbolic !== true) {
    throw new NexusError('Unsupported', 'there are no hard links', { advice: 'pass -s for a symbolic one' })
  }
  await context.withStore(async (nexus) => {
    const { force, message } = flags
    const entry = await nexus.symlink(target, path, { overwrite: force, reason: message, signal: context.signal })
    await context.answer(entryJson(entry), `linked ${entry.path} -> ${entry.target}`)
  })
}
