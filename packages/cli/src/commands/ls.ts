import { type Command, Option } from 'commander'
import type { Entry, NexusFS } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { alignColumns } from '../output/columns.ts'
import { entryJson } from '../output/entry-json.ts'
import { entryName, linkName } from '../output/entry-name.ts'
import { formatBytes, formatMode, formatTime } from '../output/format.ts'
import { printable } from '../output/printable.ts'

interface LsFlags {
  readonly long?: boolean
  readonly recursive?: boolean
  readonly humanReadable?: boolean
  readonly null?: boolean
}

export const ls: CommandModule = { describe }

/** Rows whose columns are aligned together; a longer listing is printed in several such parts. */
const partRows = 1000

function describe(command: Command, context: CommandContext): void {
  command
    .argument('[path]', 'a directory or file', '/')
    .option('-l, --long', 'mode, size, version, time and author too, and where links lead')
    .option('-R, --recursive', 'everything below it, with whole paths')
    .option('-h, --human-readable', 'sizes as 1.2 KiB, in the long form')
    .option('-0, --null', 'names as they are, each ended by a NUL, for xargs -0')
    .addOption(new Option('-a, --all', 'no difference: nothing is hidden').hideHelp())
    .addOption(new Option('-1, --one', 'no difference: each name has its line').hideHelp())
    .action((path: string, flags: LsFlags) => run(context, path, flags))
  finishHelp(command, {
    more: 'In the long form the first column is the kind (d directory, l link) and the mode, as by ls of the system. A name that could be misread is in quotes, with \\n for a newline and \\\\ for a backslash.',
    help: '--help',
    examples: ['nexus ls -l /plans', 'nexus ls -R --json /'],
  })
}

async function run(context: CommandContext, path: string, flags: LsFlags): Promise<void> {
  await context.withStore(async (nexus) => {
    const entries = await entriesAt(nexus, path, flags, context.signal)
    if (context.isJson) for await (const entry of entries) await context.out.json(entryJson(entry))
    else if (flags.null === true) for await (const entry of entries) await context.out.write(`${nameFor(entry, flags)}\0`)
    else if (flags.long === true) await printLong(context, entries, flags)
    else for await (const entry of entries) await context.out.line(shownName(context, entry, flags))
  })
}

async function entriesAt(nexus: NexusFS, path: string, flags: LsFlags, signal: AbortSignal): Promise<AsyncIterable<Entry>> {
  const entry = (await nexus.stat(path, { signal })) ?? (await nexus.lstat(path, { signal }))
  if (entry === undefined) throw new NexusError('NotFound', `nothing stands at ${path}`, { context: { path } })
  if (entry.kind !== 'directory') return one(entry)
  return flags.recursive === true ? nexus.walk(path, { signal }) : nexus.list(path, { signal })
}

async function* one(entry: Entry): AsyncGenerator<Entry> {
  yield entry
}

async function printLong(context: CommandContext, entries: AsyncIterable<Entry>, flags: LsFlags): Promise<void> {
  let rows: string[][] = []
  const flush = async (): Promise<void> => {
    const lines = alignColumns(rows, ['left', 'right', 'right', 'left', 'left', 'left'])
    rows = []
    if (lines.length > 0) await context.out.line(lines.join('\n'))
  }
  for await (const entry of entries) {
    rows.push(longRow(context, entry, flags))
    if (rows.length === partRows) await flush()
  }
  await flush()
}

function longRow(context: CommandContext, entry: Entry, flags: LsFlags): string[] {
  const { modifiedAt, author } = entry
  const [size, version] = entry.kind === 'directory' ? ['-', '-'] : [sizeText(entry.size, flags), `v${entry.version}`]
  const shown =
    entry.kind === 'link' ? linkName(entry, context.out.colours, nameFor(entry, flags)) : shownName(context, entry, flags)
  return [formatMode(entry), size, version, formatTime(modifiedAt), printable(author), shown]
}

function sizeText(bytes: number, flags: LsFlags): string {
  return flags.humanReadable === true ? formatBytes(bytes) : String(bytes)
}

function shownName(context: CommandContext, entry: Entry, flags: LsFlags): string {
  return entryName(entry, context.out.colours, nameFor(entry, flags))
}

function nameFor(entry: Entry, flags: LsFlags): string {
  return flags.recursive === true ? entry.path : entry.name
}
