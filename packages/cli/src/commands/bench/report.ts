import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { CommandContext } from '../../command-line/command-context.ts'
import { finishHelp, type Subcommand } from '../../command-line/command-module.ts'
import { terminalReport } from './terminal-report.ts'

interface ReportFlags {
  readonly md?: string
}

export const report: Subcommand = { summary: 'show a saved run, or write its results page', describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<file>', 'the JSON file of a run')
    .option('--md <page>', 'write the results page there, and show nothing')
    .action((file: string, flags: ReportFlags) => show(context, file, flags))
  finishHelp(command, {
    more: 'With --json it prints the tables of the report as JSON.',
    needsNoStore: true,
    examples: ['nexus bench report out.json --md RESULTS.md'],
    exits: { 5: 'the file is not there' },
  })
}

async function show({ out, terminal, isJson }: CommandContext, name: string, { md }: ReportFlags): Promise<void> {
  const suite = await import('@nexusfs/bench')
  const file = await suite.readResultFile(resolve(terminal.cwd, name))
  if (md !== undefined) return suite.writeResultsPage(resolve(terminal.cwd, md), file)
  const shown = suite.report(file)
  await (isJson ? out.json(shown) : out.write(terminalReport(shown, out.colours)))
}
