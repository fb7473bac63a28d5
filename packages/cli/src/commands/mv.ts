import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { entryJson } from '../output/entry-json.ts'
import { intoDirectory, targetPath } from '../store/target-path.ts'

interface MvFlags {
  readonly force?: boolean
  readonly message?: string
}

export const mv: CommandModule = {
  describe,
  fixes: { AlreadyExists: (error) => intoDirectory(error) ?? 'pass -f to replace a file', IsADirectory: intoDirectory },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<from>', 'a file or directory')
    .argument('<to>', 'its whole new path; or with a slash at the end, the directory that takes it')
    .option('-f, --force', 'replace a file at the new path')
    .option('-m, --message <reason>', 'why, kept in the log')
    .action((from: string, to: string, flags: MvFlags) => run(context, from, to, flags))
  finishHelp(command, {
    more: 'A file keeps its history, a directory all that is in it.',
    examples: ['nexus mv /plans/draft.md /plans/q3.md', 'nexus mv /plans/q3.md /archive/'],
  })
}

async function run(context: CommandContext, from: string, to: string, { force, message }: MvFlags): Promise<void> {
  const { signal } = context
  await context.withStore(async (nexus) => {
    const target = await targetPath(nexus, from, to, signal)
    const entry = await nexus.move(from, target, { overwrite: force, reason: message, signal })
    await context.answer(entryJson(entry), `moved ${from} to ${entry.path}`)
  })
}
