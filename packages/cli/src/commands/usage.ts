import type { Command } from 'commander'
import type { Usage } from 'nexusfs'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { alignColumns } from '../output/columns.ts'
import { formatBytes } from '../output/format.ts'

export const usage: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command.argument('[path]', 'a directory or file', '/').action((path: string) => run(context, path))
  finishHelp(command, {
    more: 'What is stored is told of the whole store only: each content is counted once, whatever refers to it.',
    examples: ['nexus usage /project'],
  })
}

async function run(context: CommandContext, path: string): Promise<void> {
  await context.withStore(async (nexus) => {
    const found = await nexus.usage(path, { signal: context.signal })
    if (context.isJson) return context.out.json(found)
    for (const line of alignColumns(rowsOf(found), ['left', 'left'])) await context.out.line(line)
  })
}

function rowsOf(found: Usage): readonly (readonly string[])[] {
  const number = (value: number): string => value.toLocaleString('en-US')
  const bytes = (value: number): string => (value < 1024 ? formatBytes(value) : `${formatBytes(value)} (${number(value)} bytes)`)
  return [
    ['files:', number(found.files)],
    ['directories:', number(found.directories)],
    ...(found.links > 0 ? [['links:', number(found.links)]] : []),
    ['versions:', number(found.versions)],
    ['current versions:', bytes(found.logicalBytes)],
    ['all versions:', bytes(found.historyBytes)],
    ...(found.removedVersions > 0 ? [['removed, can be restored:', bytes(found.removedBytes)]] : []),
    ...(found.storedBytes === undefined ? [] : [['stored:', bytes(found.storedBytes)]]),
    ...(found.dedupRatio === undefined ? [] : [['all versions / stored:', found.dedupRatio.toFixed(2)]]),
  ]
}
