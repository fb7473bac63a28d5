import type { Command } from 'commander'
import type { VersionEntry } from 'nexusfs'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { alignColumns } from '../output/columns.ts'
import { versionJson } from '../output/entry-json.ts'
import { formatBytes, formatTime } from '../output/format.ts'
import { printable } from '../output/printable.ts'

export const versions: CommandModule = { describe }

/** Versions whose columns are aligned together. */
const partRows = 1000

function describe(command: Command, context: CommandContext): void {
  command.argument('<path>', 'a file').action((path: string) => run(context, path))
  finishHelp(command, {
    more: 'It shows version, size, time, author and reason; where nothing stands, of the file that was removed last. `nexus restore` brings it back.',
    examples: ['nexus versions /plans/q3.md'],
  })
}

async function run(context: CommandContext, path: string): Promise<void> {
  await context.withStore(async (nexus) => {
    let rows: string[][] = []
    const flush = async (): Promise<void> => {
      const lines = alignColumns(rows, ['right', 'right', 'left', 'left', 'left'])
      rows = []
      if (lines.length > 0) await context.out.line(lines.map((line) => line.trimEnd()).join('\n'))
    }
    for await (const entry of nexus.versions(path, { signal: context.signal })) {
      if (context.isJson) await context.out.json(versionJson(entry))
      else rows.push(rowOf(entry))
      if (rows.length === partRows) await flush()
    }
    await flush()
  })
}

function rowOf({ version, size, modifiedAt, author, reason = '' }: VersionEntry): string[] {
  return [`v${version}`, formatBytes(size), formatTime(modifiedAt), printable(author), printable(reason)]
}
