import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { type CommandModule, finishHelp } from '../command-module.ts'

export const bench: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command.action(() => run(context))
  finishHelp(command, { examples: ['nexus bench run --combos local_fs,local-sqlite'] })
}

async function run(_context: CommandContext): Promise<void> {
  await import('@nexusfs/bench')
}
