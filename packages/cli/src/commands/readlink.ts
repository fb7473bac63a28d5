import type { Command } from 'commander'
import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { parseVersion } from '../command-line/parse-options.ts'

interface ReadlinkFlags {
  readonly canonicalize?: boolean
  readonly version?: number
}

export const readlink: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a link')
    .option('-f, --canonicalize', 'follow every link on the way, and print where that leads')
    .option('--version <n>', 'of this version of the link (default: the newest)', parseVersion)
    .action((path: string, flags: ReadlinkFlags) => run(context, path, flags))
  finishHelp(command, { examples: ['nexus readlink /reports/latest', 'nexus readlink -f /reports/latest/summary.md'] })
}

async function run(context: CommandContext, path: string, { canonicalize, version }: ReadlinkFlags): Promise<void> {
  if (canonicalize === true && version !== undefined) {
    throw new NexusError('InvalidArgument', '-f follows links as they are now, and takes no --version', {
      advice: 'leave one of them out',
    })
  }
  await context.withStore(async (nexus) => {
    const { signal } = context
    const target = await (canonicalize === true ? nexus.realpath(path, { signal }) : nexus.readlink(path, { version, signal }))
    await context.answer({ path, target }, target)
  })
}
