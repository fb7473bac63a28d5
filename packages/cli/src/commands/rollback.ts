import type { Command } from 'commander'
import type { WriteOptions } from 'nexusfs'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { parseIfMatch, parseVersion } from '../command-line/parse-options.ts'
import { entryJson } from '../output/entry-json.ts'

interface RollbackFlags {
  readonly ifMatch?: Exclude<WriteOptions['ifMatch'], undefined>
  readonly message?: string
}

export const rollback: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file')
    .argument('<version>', 'the version to go back to', parseVersion)
    .option('--if-match <etag|vN>', 'only if the file has this etag or version now', parseIfMatch)
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((path: string, version: number, flags: RollbackFlags) => run(context, path, version, flags))
  finishHelp(command, {
    more: 'This makes a new version with the old content; nothing is lost.',
    examples: ['nexus rollback /plans/q3.md 1 -m "the figures were right"'],
  })
}

async function run(context: CommandContext, path: string, version: number, { ifMatch, message }: RollbackFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const entry = await nexus.rollback(path, version, { ifMatch, reason: message, signal: context.signal })
    await context.answer(entryJson(entry), `${entry.path} v${entry.version} is v${version} again`)
  })
}
