import type { Command } from 'commander'
import type { Entry, NexusFS } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { entryJson } from '../output/entry-json.ts'
import { entryName, linkName } from '../output/entry-name.ts'
import { count } from '../output/format.ts'

export const tree: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command.argument('[path]', 'a directory', '/').action((path: string) => run(context, path))
  finishHelp(command, { examples: ['nexus tree /plans'] })
}

async function run(context: CommandContext, path: string): Promise<void> {
  await context.withStore(async (nexus) => {
    const top = await nexus.stat(path, { signal: context.signal })
    if (top === undefined) throw new NexusError('NotFound', `nothing stands at ${path}`, { context: { path } })
    if (context.isJson) return context.out.json(await treeJson(nexus, top, context.signal))
    await context.out.line(entryName(top, context.out.colours, top.path))
    const counts = { files: top.kind === 'file' ? 1 : 0, directories: 0 }
    if (top.kind === 'directory') await draw({ context, nexus, counts }, top, '')
    await context.out.line(`\n${count(counts.directories, 'directory', 'directories')}, ${count(counts.files, 'file')}`)
  })
}

interface Drawing {
  readonly context: CommandContext
  readonly nexus: NexusFS
  readonly counts: { files: number; directories: number }
}

/** One line an entry; each is drawn when the next is known, because the last one looks different. */
async function draw(drawing: Drawing, directory: Entry, indent: string): Promise<void> {
  let waiting: Entry | undefined
  for await (const entry of drawing.nexus.list(directory.path, { signal: drawing.context.signal })) {
    if (waiting !== undefined) await drawEntry(drawing, waiting, indent, '├── ', '│   ')
    waiting = entry
  }
  if (waiting !== undefined) await drawEntry(drawing, waiting, indent, '└── ', '    ')
}

async function drawEntry(drawing: Drawing, entry: Entry, indent: string, branch: string, below: string): Promise<void> {
  const { context, counts } = drawing
  const name = entry.kind === 'link' ? linkName(entry, context.out.colours) : entryName(entry, context.out.colours)
  await context.out.line(indent + branch + name)
  if (entry.kind !== 'directory') {
    counts.files += 1
    return
  }
  counts.directories += 1
  await draw(drawing, entry, indent + below)
}

async function treeJson(nexus: NexusFS, entry: Entry, signal: AbortSignal): Promise<unknown> {
  if (entry.kind !== 'directory') return entryJson(entry)
  const children: unknown[] = []
  for await (const child of nexus.list(entry.path, { signal })) children.push(await treeJson(nexus, child, signal))
  return { ...entryJson(entry), children }
}
