import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { ImportOptions } from 'nexusfs'
import type { CommandContext } from '../command-context.ts'
import { type CommandModule, finishHelp } from '../command-module.ts'
import { progressText, transferJson, transferText } from '../transfer.ts'

interface ImportFlags {
  readonly dryRun?: boolean
  readonly links?: Exclude<ImportOptions['links'], undefined>
  readonly message?: string
}

export const importTree: CommandModule = {
  describe,
  fixes: {
    InvalidArgument: ({ message }) => (/symbolic link/.test(message) ? 'pass --links skip or --links follow' : undefined),
  },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<folder>', 'a folder of this machine')
    .argument('<path>', 'the directory of the store that takes what is in it')
    .option('--dry-run', 'look and count, change nothing')
    .addOption(
      new Option('--links <how>', 'symbolic links: refuse them, skip them, or follow those that stay inside')
        .choices(['refuse', 'skip', 'follow'])
        .default('refuse'),
    )
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((folder: string, path: string, flags: ImportFlags) => run(context, folder, path, flags))
  finishHelp(command, {
    more: 'Files that are there already with the same content make no new version, so an import that was interrupted is simply repeated.',
    examples: ['nexus import ./src /project/src --dry-run'],
  })
}

async function run(
  context: CommandContext,
  folder: string,
  path: string,
  { dryRun, links, message }: ImportFlags,
): Promise<void> {
  const source = resolve(context.terminal.cwd, folder)
  await context.withStore(async (nexus) => {
    const report = await nexus.importTree(source, path, {
      dryRun,
      links,
      reason: message,
      signal: context.signal,
      onProgress: (progress) => context.progress.update(progressText('importing', progress)),
    })
    context.progress.end()
    const did = dryRun === true ? 'would import' : 'imported'
    await context.answer({ ...transferJson(report), dryRun: dryRun === true }, transferText(did, report))
  })
}
