import type { Command } from 'commander'
import type { Entry, FileEntry, LinkEntry, NexusFS } from 'nexusfs'
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
    .option('-r, --recursive', 'a directory with everything in it; links are copied as links')
    .option('-f, --force', 'replace files at the new path')
    .option('--version <n>', 'copy this version of a file (default: the newest)', parseVersion)
    .option('-m, --message <reason>', 'why, kept in the history')
    .action((from: string, to: string, flags: CpFlags) => run(context, from, to, flags))
  finishHelp(command, {
    more: 'The content is not stored again. A link that is named itself is followed; with -r, links below keep the target that they have.',
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
      const links = copied.links === 0 ? '' : `, ${count(copied.links, 'link')}`
      return context.answer({ path: target, ...copied }, `copied ${from} to ${target}, ${count(copied.files, 'file')}${links}`)
    }
    const entry = await nexus.copy(from, target, { overwrite: force, version, reason: message, signal })
    await context.answer(entryJson(entry), `copied ${from} to ${entry.path} v${entry.version}`)
  })
}

/** Copies under way at the same time: the store takes them together. */
const width = 32

interface Copied {
  files: number
  directories: number
  links: number
}

/** File by file: interrupted, it leaves the copies that are made. Links stay links, with the target that they have. */
async function copyTree(
  { signal }: CommandContext,
  nexus: NexusFS,
  from: string,
  to: string,
  { force, version, message }: CpFlags,
): Promise<Readonly<Copied>> {
  const top = from.replace(/\/+$/, '')
  if (version !== undefined)
    throw new NexusError('InvalidArgument', 'a directory has no versions', { advice: 'leave out --version' })
  if (`${to}/`.startsWith(`${top}/`)) {
    throw new NexusError('InvalidArgument', `${from} cannot be copied into itself`, { advice: 'choose a path outside of it' })
  }
  const copied: Copied = { files: 0, directories: 1, links: 0 }
  const words = { reason: message, signal }
  const copyEntry = async (entry: FileEntry | LinkEntry): Promise<void> => {
    const target = to + entry.path.slice(top.length)
    if (entry.kind === 'link') {
      await nexus.symlink(entry.target, target, { overwrite: force, ...words })
      copied.links += 1
    } else {
      await nexus.copy(entry.path, target, { overwrite: force, ...words })
      copied.files += 1
    }
  }
  await nexus.mkdir(to, { recursive: true, ...words })
  await manyAtOnce(nexus.walk(from, { signal }), async (entry) => {
    if (entry.kind !== 'directory') return copyEntry(entry)
    await nexus.mkdir(to + entry.path.slice(top.length), { recursive: true, ...words })
    copied.directories += 1
  })
  return copied
}

/** A directory is waited for, since what follows is in it; after the first failure nothing more begins. */
async function manyAtOnce(entries: AsyncIterable<Entry>, work: (entry: Entry) => Promise<void>): Promise<void> {
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  try {
    for await (const entry of entries) {
      const done: Promise<void> = work(entry)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(done))
      running.add(done)
      if (entry.kind === 'directory') await done
      else if (running.size >= width) await Promise.race(running)
      if (failures.length > 0) break
    }
  } finally {
    await Promise.all(running)
  }
  if (failures.length > 0) throw failures[0]
}
