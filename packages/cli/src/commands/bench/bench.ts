import type { Command } from 'commander'
import type { CommandContext } from '../../command-line/command-context.ts'
import { type CommandModule, describeSubcommands, finishHelp } from '../../command-line/command-module.ts'
import { list } from './list.ts'
import { report } from './report.ts'
import { run } from './run.ts'

/** `nexus bench`: the suite itself is `@nexusfs/bench`, loaded only when something is measured, listed or shown. */
export const bench: CommandModule = {
  describe,
  fixes: {
    NotFound: ({ advice }) => advice ?? '`nexus bench list` shows what there is',
    Unavailable: ({ advice }) => advice ?? '`nexus bench list combos` shows what each one needs',
  },
  // Those of pytest, which the old suite ran under.
  exits: { NotFound: 5, Unavailable: 1 },
}

function describe(command: Command, context: CommandContext): void {
  describeSubcommands(command, context, { run, list, report })
  finishHelp(command, {
    more: 'Every workload runs on every combination of a storage backend and a metadata store, beside the raw file system of the same durability.',
    needsNoStore: true,
    examples: ['nexus bench list combos', 'nexus bench run throughput/write --combos local-sqlite'],
  })
}
