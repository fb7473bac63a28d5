import type { Command } from 'commander'
import type { NexusFS } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { type ByteRange, parseByteRange, parseVersion } from '../command-line/parse-options.ts'
import { entryJson } from '../output/entry-json.ts'

interface CatFlags {
  readonly version?: number
  readonly range?: ByteRange
}

export const cat: CommandModule = { describe, fixes: { IsADirectory: '`nexus ls` lists a directory' } }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<paths...>', 'files, one after the other')
    .option('--version <n>', 'this version of it (default: the newest)', parseVersion)
    .option(
      '--range <start-end>',
      'these bytes of each, from 0 and with the last one: 0-99, 100-, or -100 for the end',
      parseByteRange,
    )
    .action((paths: string[], flags: CatFlags) => run(context, paths, flags))
  finishHelp(command, {
    more: 'All that is printed is checked against digests first. Damaged content of up to 8 MiB prints nothing; of larger content, what comes before the damage may have been printed when the command fails. With --json it prints the facts of the version instead.',
    examples: ['nexus cat /plans/q3.md --version 1', 'nexus cat /log/days.txt --range -1000'],
  })
}

async function run(context: CommandContext, paths: readonly string[], { version, range }: CatFlags): Promise<void> {
  if (version !== undefined && paths.length > 1) {
    throw new NexusError('InvalidArgument', '--version is for one file', { advice: 'name one' })
  }
  if (range !== undefined && context.isJson) {
    throw new NexusError('InvalidArgument', '--range is for content, and --json prints none', { advice: 'leave one out' })
  }
  const { signal } = context
  await context.withStore(async (nexus) => {
    for (const path of paths) {
      if (context.isJson) {
        const { stat } = await nexus.readWithStat(path, { version, signal })
        await context.out.json(entryJson(stat))
        continue
      }
      const part = await partOf(nexus, path, version, range, signal)
      for await (const piece of nexus.readStream(path, { ...part, signal })) await context.out.write(piece)
    }
  })
}

interface Part {
  readonly version?: number | undefined
  readonly start?: number
  readonly length?: number | undefined
}

/** Which bytes of which version; the last ones are those of the version whose size was seen. */
async function partOf(
  nexus: NexusFS,
  path: string,
  version: number | undefined,
  range: ByteRange | undefined,
  signal: AbortSignal,
): Promise<Part> {
  if (range === undefined || 'start' in range) return { version, ...range }
  const seen = await sizeOf(nexus, path, version, signal)
  return seen === undefined ? { version } : { version: seen.version, start: Math.max(0, seen.size - range.last) }
}

/** `undefined` if there is no such file: reading it says why. */
async function sizeOf(
  nexus: NexusFS,
  path: string,
  version: number | undefined,
  signal: AbortSignal,
): Promise<{ readonly version: number; readonly size: number } | undefined> {
  if (version === undefined) {
    const entry = await nexus.stat(path, { signal })
    return entry?.kind === 'file' ? entry : undefined
  }
  for await (const entry of nexus.versions(path, { signal })) if (entry.version === version) return entry
  return undefined
}
