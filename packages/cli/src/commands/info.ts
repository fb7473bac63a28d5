import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { alignColumns } from '../output/columns.ts'
import { printable } from '../output/printable.ts'

export const info: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command.action(() => run(context))
  finishHelp(command, {
    more: 'The durability is what a write that was acknowledged survives.',
    examples: ['nexus info', 'nexus info --store team --verbose'],
  })
}

async function run(context: CommandContext): Promise<void> {
  await context.withStore(async (nexus) => {
    const { storeId, durability, storage, metadata, readOnly } = nexus.info
    const facts = {
      storage: storage.name,
      'storage at': storage.location,
      metadata: metadata.name,
      'metadata at': metadata.location,
      durability,
      'store id': storeId,
      ...(readOnly === undefined ? {} : { 'read-only': readOnly.why }),
    }
    if (context.isJson) {
      const { name, location } = storage
      const layers = { storage: { name, location }, metadata: { name: metadata.name, location: metadata.location } }
      return context.out.json({ ...layers, durability, storeId, readOnly: readOnly?.why })
    }
    const rows = Object.entries(facts).map(([name, value]) => [`${name}:`, printable(value)])
    for (const line of alignColumns(rows, ['left', 'left'])) await context.out.line(line)
  })
}
