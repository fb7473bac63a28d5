import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { parseVersion } from '../command-line/parse-options.ts'
import { answerTransfer, progressText } from '../command-line/transfer.ts'

interface ExportFlags {
  readonly version?: number
}

export const exportTree: CommandModule = { describe, fixes: { AlreadyExists: 'name a folder that is not there yet' } }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a directory or file of the store')
    .argument('<target>', 'where to put it on this machine')
    .option('--version <n>', 'for a single file: this version', parseVersion)
    .action((path: string, target: string, flags: ExportFlags) => run(context, path, target, flags))
  finishHelp(command, {
    more: [
      'Modes, times and links come along. What is damaged in the store is left out and named.',
      'An export that was interrupted, or left something out, is finished by running it again.',
    ].join('\n'),
    exits: { 1: 'something was left out', 7: 'something was left out that is damaged in the store' },
    examples: ['nexus export /project ./project-copy'],
  })
}

async function run(context: CommandContext, path: string, target: string, { version }: ExportFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const report = await nexus.exportTree(path, resolve(context.terminal.cwd, target), {
      version,
      signal: context.signal,
      onProgress: (progress) => context.progress.update(progressText('exporting', progress)),
    })
    await answerTransfer(context, 'exported', report)
  })
}
