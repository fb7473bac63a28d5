import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { BackupReport, CopiedContents } from 'nexusfs'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { count, formatBytes } from '../output/format.ts'

interface BackupFlags {
  readonly verify?: boolean
}

/** The exit code of `Corrupt`: the backup is there, and something could not be in it. */
const damageExitCode = 7
/** Damaged contents that are named one by one. */
const namedContents = 20

export const backup: CommandModule = { describe, fixes: {} }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<folder>', 'a new folder, or the backup of this store made before')
    .option('--verify', 'read again what an earlier backup left, and repair it')
    .action((folder: string, flags: BackupFlags) => run(context, folder, flags))
  finishHelp(command, {
    more: [
      'Copies the whole store with its history, as it is at one moment, while others go on writing.',
      'The folder opens as a store: `nexus --store FOLDER ls`. Again into the same folder, only what is new is copied.',
      'Never copy the files of a store that is in use by other means.',
    ].join('\n'),
    exits: { 7: 'the backup is made, and lacks what is damaged in the store' },
    examples: ['nexus backup /mnt/backup/project'],
  })
}

async function run(context: CommandContext, folder: string, { verify }: BackupFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const report = await nexus.backup(resolve(context.terminal.cwd, folder), {
      verify,
      signal: context.signal,
      onProgress: (copied) => context.progress.update(progressText(copied)),
    })
    context.progress.end()
    await context.answer(report, textOf(report))
    if (report.damaged.length === 0) return
    if (!context.isJson) for (const line of damageLines(report)) context.terminal.stderr.write(`${line}\n`)
    context.exitCode = damageExitCode
  })
}

function progressText({ contents, newBlobs, newBytes }: CopiedContents): string {
  return `backing up: ${count(contents, 'content')}, ${newBlobs.toLocaleString('en-US')} new, ${formatBytes(newBytes)}`
}

function textOf({ contents, bytes, newBlobs, newBytes, metadataBytes }: BackupReport): string {
  const copied = `${newBlobs.toLocaleString('en-US')} new (${formatBytes(newBytes)})`
  return `backed up ${count(contents, 'content')} (${formatBytes(bytes)}), ${copied}, and ${formatBytes(metadataBytes)} of metadata`
}

function damageLines({ damaged }: BackupReport): readonly string[] {
  const lines = damaged
    .slice(0, namedContents)
    .map(({ digest, problem }) => `nexus: not backed up: ${digest ?? 'a content'}: ${problem}`)
  const rest = damaged.length - namedContents
  return [
    ...lines,
    ...(rest > 0 ? [`nexus: and ${rest} more`] : []),
    'nexus: the store is damaged; write these files again, or restore them from an older backup',
  ]
}
