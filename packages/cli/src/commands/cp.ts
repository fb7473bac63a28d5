import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { type CommandModule, finishHelp } from '../command-module.ts'
import { entryJson } from '../entry-json.ts'
import { parseVersion } from '../parse-options.ts'

interface CpFlags {
  readonly force?: boolean
  readonly version?: number
  readonly message?: string
}

export const cp: CommandModule = {
  describe,
  fixes: {
    AlreadyExists: 'pass -f to replace a file',
    IsADirectory: 'only files are copied; `nexus export` and `nexus import` take directories',
  },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<from>', 'a file')
    .argument('<to>', 'the whole path of the copy')
    .option('-f, --force', 'replace a file at the new path')
    .option('--version <n>', 'copy this version (default: the newest)', parseVersion)
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((from: string, to: string, flags: CpFlags) => run(context, from, to, flags))
  finishHelp(command, {
    more: 'The content is not stored again.',
    examples: ['nexus cp /plans/q3.md /plans/q4.md'],
  })
}

async function run(context: CommandContext, from: string, to: string, { force, version, message }: CpFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const entry = await nexus.copy(from, to, { overwrite: force, version, reason: message, signal: context.signal })
    await context.answer(entryJson(entry), `copied ${from} to ${entry.path} v${entry.version}`)
  })
}
