import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { ImportOptions } from 'nexusfs'
import type { CommandContext } from '../command-context.ts'
import { type CommandModule, finishHelp } from '../command-module.ts'
import { answerTransfer, progressText } from '../transfer.ts'

interface ImportFlags {
  readonly dryRun?: boolean
  readonly exclude?: readonly string[]
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
    .option('--exclude <pattern>', 'leave out what the pattern names, as in .gitignore; may be given again', gather)
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((folder: string, path: string, flags: ImportFlags) => run(context, folder, path, flags))
  finishHelp(command, {
    more: [
      'Files that are there already with the same content make no new version, so an import that was interrupted is simply repeated.',
      'What cannot be read is left out and listed, and the exit code is then 1. A store of Nexus in the folder is left out, too.',
    ].join('\n'),
    examples: ['nexus import ./src /project/src --dry-run', "nexus import . /project --exclude node_modules/ --exclude '*.log'"],
  })
}

async function run(
  context: CommandContext,
  folder: string,
  path: string,
  { dryRun, exclude, links, message }: ImportFlags,
): Promise<void> {
  const source = resolve(context.terminal.cwd, folder)
  await context.withStore(async (nexus) => {
    const report = await nexus.importTree(source, path, {
      dryRun,
      exclude,
      links,
      reason: message,
      signal: context.signal,
      onProgress: (progress) => context.progress.update(progressText('importing', progress)),
    })
    await answerTransfer(context, dryRun === true ? 'would import' : 'imported', report, { dryRun: dryRun === true })
  })
}

function gather(pattern: string, before: readonly string[] = []): readonly string[] {
  return [...before, pattern]
}
