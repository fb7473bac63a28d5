import type { Command } from 'commander'
import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { parseVersion } from '../command-line/parse-options.ts'
import { entryJson } from '../output/entry-json.ts'

interface CatFlags {
  readonly version?: number
}

export const cat: CommandModule = { describe, fixes: { IsADirectory: '`nexus ls` lists a directory' } }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<paths...>', 'files, one after the other')
    .option('--version <n>', 'this version of it (default: the newest)', parseVersion)
    .action((paths: string[], flags: CatFlags) => run(context, paths, flags))
  finishHelp(command, {
    more: 'The whole content of a file is checked against its digest first: damaged content prints nothing. With --json it prints the facts of the version instead.',
    examples: ['nexus cat /plans/q3.md --version 1'],
  })
}

async function run(context: CommandContext, paths: readonly string[], { version }: CatFlags): Promise<void> {
  if (version !== undefined && paths.length > 1) {
    throw new NexusError('InvalidArgument', '--version is for one file', { advice: 'name one' })
  }
  await context.withStore(async (nexus) => {
    for (const path of paths) {
      const { content, stat } = await nexus.readWithStat(path, { version, signal: context.signal })
      await (context.isJson ? context.out.json(entryJson(stat)) : context.out.write(content))
    }
  })
}
