import type { ListedCombination, ListedVariable, ListedWorkload } from '@nexusfs/bench'
import { Argument, type Command } from 'commander'
import type { CommandContext } from '../../command-line/command-context.ts'
import { finishHelp, type Subcommand } from '../../command-line/command-module.ts'
import { alignColumns } from '../../output/columns.ts'
import { printable } from '../../output/printable.ts'

type Topic = 'workloads' | 'combos' | 'env'

export const list: Subcommand = { summary: 'list workloads, combos or env', describe }

function describe(command: Command, context: CommandContext): void {
  command
    .addArgument(new Argument('[topic]', 'what to list').choices(['workloads', 'combos', 'env']).default('combos'))
    .action((topic: Topic) => show(context, topic))
  finishHelp(command, {
    more: 'Combinations are ready, skipped (which variable is missing) or failed (what the server said). Of a variable it is only told whether it is set. With --json workloads have the node ids of the old suite, too.',
    needsNoStore: true,
    examples: ['nexus bench list combos', 'nexus bench list workloads --json'],
  })
}

async function show(context: CommandContext, topic: Topic): Promise<void> {
  const { listCombinations, listVariables, listWorkloads } = await import('@nexusfs/bench')
  const { cwd, env } = context.terminal
  const surroundings = { cwd, env, usesConfig: context.options.config !== false }
  switch (topic) {
    case 'workloads':
      return print(context, listWorkloads(), workloadRow)
    case 'combos':
      return print(context, await listCombinations(surroundings), combinationRow)
    case 'env':
      return print(context, await listVariables(surroundings), variableRow, 'no registered adapter needs an environment variable')
  }
}

async function print<Item>(
  { out, isJson }: CommandContext,
  items: readonly Item[],
  rowOf: (item: Item) => readonly string[],
  whenEmpty?: string,
): Promise<void> {
  const { redactSecrets } = await import('nexusfs/registry')
  const clean = (text: string): string => redactSecrets(text)
  if (isJson) return out.write(`${clean(JSON.stringify(items))}\n`)
  if (items.length === 0 && whenEmpty !== undefined) return out.line(whenEmpty)
  const rows = items.map((item) => rowOf(item).map((cell) => printable(clean(cell))))
  for (const line of alignColumns(rows, ['left', 'left', 'left'])) await out.line(line)
}

function workloadRow({ id, title }: ListedWorkload): readonly string[] {
  return [id, title]
}

function combinationRow({ id, status, detail, isDefault }: ListedCombination): readonly string[] {
  return [id, status, `${detail}${isDefault ? ', default' : ''}`]
}

function variableRow({ variable, isSet, neededBy }: ListedVariable): readonly string[] {
  return [variable, isSet ? 'set' : 'not set', `for ${neededBy}`]
}
