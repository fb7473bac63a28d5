import type { Command } from 'commander'
import type { Entry, FileEntry, LinkEntry } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { alignColumns } from '../output/columns.ts'
import { entryJson } from '../output/entry-json.ts'
import { formatBytes, formatMode } from '../output/format.ts'
import { printable } from '../output/printable.ts'

interface StatFlags {
  readonly dereference?: boolean
}

export const stat: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file, directory or link')
    .option('-L, --dereference', 'of a link, show what it leads to')
    .action((path: string, flags: StatFlags) => run(context, path, flags))
  finishHelp(command, { examples: ['nexus stat /plans/q3.md'] })
}

async function run(context: CommandContext, path: string, { dereference }: StatFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const options = { signal: context.signal }
    const entry = dereference === true ? await nexus.stat(path, options) : await nexus.lstat(path, options)
    if (entry === undefined) throw new NexusError('NotFound', `nothing stands at ${path}`, { context: { path } })
    if (context.isJson) return context.out.json(entryJson(entry))
    for (const line of alignColumns(rowsOf(entry), ['left', 'left'])) await context.out.line(line)
  })
}

function rowsOf(entry: Entry): readonly (readonly string[])[] {
  const { path, kind, author, mode, createdAt, modifiedAt, changedAt } = entry
  return [
    ['path:', printable(path)],
    ['kind:', kind],
    ...(entry.kind === 'link' ? [['target:', printable(entry.target)]] : []),
    ...(entry.kind === 'directory' ? [] : versionRows(entry)),
    ['mode:', `${formatMode(entry)} (0${mode.toString(8)})`],
    ['created:', createdAt.toISOString()],
    ['modified:', modifiedAt.toISOString()],
    ['changed:', changedAt.toISOString()],
    ['author:', printable(author)],
  ]
}

function versionRows(entry: FileEntry | LinkEntry): readonly (readonly string[])[] {
  const { size, version, etag } = entry
  return [
    ['size:', size < 1024 ? formatBytes(size) : `${formatBytes(size)} (${size} bytes)`],
    ['version:', String(version)],
    ['etag:', etag],
    ...(entry.kind === 'file' ? [['digest:', entry.digest]] : []),
  ]
}
