import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { ImportChange, ImportOptions } from 'nexusfs'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { answerTransfer, progressText } from '../command-line/transfer.ts'
import { printable } from '../output/printable.ts'

interface ImportFlags {
  readonly dryRun?: boolean
  readonly mirror?: boolean
  readonly checksum?: boolean
  readonly exclude?: readonly string[]
  readonly links?: Exclude<ImportOptions['links'], undefined>
  readonly message?: string
}

export const importTree: CommandModule = {
  describe,
  fixes: {
    InvalidArgument: ({ message }) => (/symbolic link/.test(message) ? 'pass --links keep, skip or follow' : undefined),
  },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<folder>', 'a folder of this machine')
    .argument('<path>', 'the directory of the store that takes what is in it')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--mirror', 'remove from the store what is gone in the folder; its history stays')
    .option('--checksum', 'read every file, also one that was imported and not touched since')
    .addOption(
      new Option('--links <how>', 'symbolic links: keep them, skip them, follow those that stay inside, or refuse all')
        .choices(['keep', 'skip', 'follow', 'refuse'])
        .default('keep'),
    )
    .option('--exclude <pattern>', 'leave out what the pattern names, as in .gitignore; may be given again', gather)
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((folder: string, path: string, flags: ImportFlags) => run(context, folder, path, flags))
  finishHelp(command, {
    more: [
      'Files that are there already with the same content make no new version, so an import that was interrupted is simply repeated.',
      'What cannot be read is left out and listed. A store of Nexus in the folder is left out, too.',
    ].join('\n'),
    exits: { 1: 'something was left out' },
    examples: ['nexus import ./src /project/src --dry-run', "nexus import . /project --exclude node_modules/ --exclude '*.log'"],
  })
}

async function run(
  context: CommandContext,
  folder: string,
  path: string,
  { dryRun, mirror, checksum, exclude, links, message }: ImportFlags,
): Promise<void> {
  const source = resolve(context.terminal.cwd, folder)
  const changes: ImportChange[] = []
  const onChange = dryRun === true ? (change: ImportChange) => void changes.push(change) : undefined
  await context.withStore(async (nexus) => {
    const report = await nexus.importTree(source, path, {
      dryRun,
      mirror,
      checksum,
      exclude,
      links,
      reason: message,
      signal: context.signal,
      onChange,
      onProgress: (progress) => context.progress.update(progressText('importing', progress)),
    })
    if (dryRun !== true) return answerTransfer(context, 'imported', report, { dryRun: false })
    context.progress.end()
    if (!context.isJson) for (const change of changes) await context.out.line(changeText(change))
    await answerTransfer(context, 'would import', report, { dryRun: true, changes })
  })
}

function changeText({ kind, path }: ImportChange): string {
  return printable(`${kind.padEnd(6)} ${path}`)
}

function gather(pattern: string, before: readonly string[] = []): readonly string[] {
  return [...before, pattern]
}
