import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { type CommandModule, finishHelp } from '../command-module.ts'
import { entryJson } from '../entry-json.ts'
import { parseVersion } from '../parse-options.ts'

interface CatFlags {
  readonly version?: number
}

export const cat: CommandModule = { describe, fixes: { IsADirectory: '`nexus ls` lists a directory' } }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file')
    .option('--version <n>', 'this version of it (default: the newest)', parseVersion)
    .action((path: string, flags: CatFlags) => run(context, path, flags))
  finishHelp(command, {
    more: 'The whole content is checked against its digest first: damaged content prints nothing. With --json it prints the facts of the version instead.',
    examples: ['nexus cat /plans/q3.md --version 1'],
  })
}

async function run(context: CommandContext, path: string, { version }: CatFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const { content, stat } = await nexus.readWithStat(path, { version, signal: context.signal })
    await (context.isJson ? context.out.json(entryJson(stat)) : context.out.write(content))
  })
}
