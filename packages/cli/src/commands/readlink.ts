import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'

interface ReadlinkFlags {
  readonly canonicalize?: boolean
}

export const readlink: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a link')
    .option('-f, --canonicalize', 'follow every link on the way, and print where that leads')
    .action((path: string, flags: ReadlinkFlags) => run(context, path, flags))
  finishHelp(command, { examples: ['nexus readlink /reports/latest', 'nexus readlink -f /reports/latest/summary.md'] })
}

async function run(context: CommandContext, path: string, { canonicalize }: ReadlinkFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const options = { signal: context.signal }
    const target = canonicalize === true ? await nexus.realpath(path, options) : await nexus.readlink(path, options)
    await context.answer({ path, target }, target)
  })
}
