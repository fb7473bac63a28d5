import type { Command } from 'commander'
import type { FileEntry, WriteOptions } from 'nexusfs'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { contentPieces } from '../command-line/content-operand.ts'
import { parseIfMatch } from '../command-line/parse-options.ts'
import { entryJson } from '../output/entry-json.ts'
import { formatBytes } from '../output/format.ts'

interface WriteFlags {
  readonly text?: string
  readonly ifMatch?: Exclude<WriteOptions['ifMatch'], undefined>
  readonly ifNoneMatch?: boolean
  readonly message?: string
  readonly executable?: boolean
  readonly parents?: boolean
}

export const write: CommandModule = {
  describe,
  fixes: {
    Aborted: ({ outcome }) => (outcome === 'none' ? 'nothing was written' : undefined),
    AlreadyExists: 'leave out --if-none-match to write a new version',
    IsADirectory: ({ context }) => (context.path === undefined ? undefined : 'name a file in it'),
    NotFound: ({ context }) => (context.path === undefined ? undefined : 'leave out --no-parents to make its directories'),
  },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'where, from the root of the store')
    .argument('[file]', 'a file of this machine with the content, or - for standard input')
    .option('--text <text>', 'the content itself')
    .option('--if-match <etag|vN>', 'only if the file has this etag or version now', parseIfMatch)
    .option('--if-none-match', 'only if nothing stands at the path')
    .option('-m, --message <reason>', 'why, kept in the history')
    .option('--executable', 'mark it as a program')
    .option('--no-executable', 'take that mark away')
    .option('--no-parents', 'do not make missing directories')
    .action((path: string, file: string | undefined, flags: WriteFlags) => run(context, path, file, flags))
  finishHelp(command, {
    more: 'Every write makes a new version; older ones stay readable. A file, or standard input, may be of any length: it is stored while it is read, and the version is there when its end is.',
    examples: [
      'nexus write /plans/q3.md --text "# Q3" -m "first draft"',
      'nexus write /plans/q3.md q3.md --if-match v1',
      'date | nexus write /log/now.txt -',
    ],
  })
}

async function run(context: CommandContext, path: string, file: string | undefined, flags: WriteFlags): Promise<void> {
  const content = contentPieces(context, file, flags.text)
  const { ifMatch, ifNoneMatch, message, executable, parents } = flags
  const options: WriteOptions = {
    ifMatch,
    ifNoneMatch: ifNoneMatch === true ? '*' : undefined,
    reason: message,
    executable,
    parents,
    signal: context.signal,
  }
  await context.withStore(async (nexus) => {
    const entry = await (typeof content === 'string'
      ? nexus.write(path, content, options)
      : nexus.writeStream(path, content, options))
    await context.answer(entryJson(entry), wroteText(entry))
  })
}

function wroteText({ path, version, size }: FileEntry): string {
  return `wrote ${path} v${version}, ${formatBytes(size)}`
}
