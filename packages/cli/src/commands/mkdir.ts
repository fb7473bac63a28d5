import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { entryJson } from '../output/entry-json.ts'

interface MkdirFlags {
  readonly parents?: boolean
  readonly message?: string
}

export const mkdir: CommandModule = {
  describe,
  fixes: { AlreadyExists: 'pass -p to accept a directory that is there', NotFound: 'pass -p to make its parents too' },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'where')
    .option('-p, --parents', 'make its parents too, and accept one that is there')
    .option('-m, --message <reason>', 'why, kept in the log')
    .action((path: string, flags: MkdirFlags) => run(context, path, flags))
  finishHelp(command, { examples: ['nexus mkdir -p /plans/2026'] })
}

async function run(context: CommandContext, path: string, { parents, message }: MkdirFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const entry = await nexus.mkdir(path, { recursive: parents, reason: message, signal: context.signal })
    await context.answer(entryJson(entry), `made ${entry.path}`)
  })
}
