import type { Command } from 'commander'
import type { NexusFS } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { parseVersion } from '../command-line/parse-options.ts'
import { entryJson } from '../output/entry-json.ts'
import { count } from '../output/format.ts'
import { intoDirectory, targetPath } from '../store/target-path.ts'

interface CpFlags {
  readonly recursive?: boolean
  readonly force?: boolean
  readonly version?: number
  readonly message?: string
}

export const cp: CommandModule = {
  describe,
  fixes: {
    AlreadyExists: (error) => intoDirectory(error) ?? 'pass -f to replace a file',
    IsADirectory: 'pass -r to copy a directory, or end the new path with a slash to copy a file into it',
  },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<from>', 'a file, or with -r a directory')
    .argument('<to>', 'the whole path of the copy; or with a slash at the end, the directory that takes it')
    .option('-r, --recursive', 'a directory with everything in it, file by file')
    .option('-f, --force', 'replace files at the new path')
    .option('--version <n>', 'copy this version of a file (default: the newest)', parseVersion)
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((from: string, to: string, flags: CpFlags) => run(context, from, to, flags))
  finishHelp(command, {
    more: 'The content is not stored again.',
    examples: ['nexus cp /plans/q3.md /plans/q4.md', 'nexus cp -r /plans /archive/'],
  })
}

async function run(context: CommandContext, from: string, to: string, flags: CpFlags): Promise<void> {
  const { signal } = context
  const { force, version, message } = flags
  await context.withStore(async (nexus) => {
    const target = await targetPath(nexus, from, to, signal)
    if (flags.recursive === true && (await nexus.stat(from, { signal }))?.kind === 'directory') {
      const copied = await copyTree(context, nexus, from, target, flags)
      return context.answer({ path: target, ...copied }, `copied ${from} to ${target}, ${count(copied.files, 'file')}`)
    }
    const entry = await nexus.copy(from, target, { overwrite: force, version, reason: message, signal })
    await context.answer(entryJson(entry), `copied ${from} to ${entry.path} v${entry.version}`)
  })
}

/** File by file, each a commit of its own: interrupted, it leaves the copies that are made. */
async function copyTree(
  { signal }: CommandContext,
  nexus: NexusFS,
  from: string,
  to: string,
  { force, version, message }: CpFlags,
): Promise<{ readonly files: number; readonly directories: number }> {
  const top = from.replace(/\/+$/, '')
  if (version !== undefined)
    throw new NexusError('InvalidArgument', 'a directory has no versions', { advice: 'leave out --version' })
  if (`${to}/`.startsWith(`${top}/`)) {
    throw new NexusError('InvalidArgument', `${from} cannot be copied into itself`, { advice: 'choose a path outside of it' })
  }
  const copied = { files: 0, directories: 1 }
  await nexus.mkdir(to, { recursive: true, reason: message, signal })
  for await (const { path, kind } of nexus.walk(from, { signal })) {
    const target = to + path.slice(top.length)
    if (kind === 'directory') await nexus.mkdir(target, { recursive: true, reason: message, signal })
    else await nexus.copy(path, target, { overwrite: force, reason: message, signal })
    copied[kind === 'directory' ? 'directories' : 'files'] += 1
  }
  return copied
}
