import { resolve } from 'node:path'
import type { PlanRequest, Preset, RunOutcome } from '@nexusfs/bench'
import { type Command, Option } from 'commander'
import type { CommandContext } from '../../command-line/command-context.ts'
import { finishHelp, type Subcommand } from '../../command-line/command-module.ts'
import { collectList, parseCount, parseDuration } from '../../command-line/parse-options.ts'
import { ProgressLine } from './progress-line.ts'
import { terminalReport } from './terminal-report.ts'

interface RunFlags {
  readonly keywords?: string
  readonly combos?: readonly string[]
  readonly require?: readonly string[]
  readonly preset: Preset
  readonly budget?: number
  readonly rounds?: number
  readonly seed?: string
  readonly json?: string
  readonly save?: string
  readonly results: string
  readonly dir?: string
  readonly benchmarkJson?: string
  readonly benchmarkSave?: string
}

export const run: Subcommand = { summary: 'measure workloads on combinations, beside the raw file system', describe }

const exitCodes = { failed: 1, interrupted: 130 }

function describe(command: Command, context: CommandContext): void {
  declareRun(command).action((words: string[], flags: RunFlags) => measure(context, command, words, flags))
  finishHelp(command, {
    more: [
      'A workload is a group (dedup), a name (throughput/write), an id (throughput/write[size=1KiB]), or a node id of the old pytest suite.',
      'Without one, the preset decides. --benchmark-only, --benchmark-json FILE and --benchmark-save NAME are understood, too.',
    ].join('\n'),
    needsNoStore: true,
    examples: ['nexus bench run', 'nexus bench run -k "write and not 10mb" --budget 30s', 'nexus bench run --preset targets'],
    exits: {
      1: 'a workload is void (it failed), or what --require names is not ready',
      5: 'nothing is selected',
      130: 'interrupted; what is measured is kept',
    },
  })
}

/** Arguments and options, with those of pytest. */
export function declareRun(command: Command): Command {
  return command
    .argument('[workloads...]', 'groups, names, ids or old node ids; all of the preset if there are none')
    .option('-k, --keywords <expr>', 'only where the words are in "workload[params] combination"; and, or, not, ( )')
    .option('--combos <ids>', 'these combinations, A,B, each with the baseline of its class', collectList)
    .option('--require <ids>', 'also these, and fail if one of them is not ready', collectList)
    .addOption(new Option('--preset <name>', 'what to measure').choices(['quick', 'targets', 'all']).default('quick'))
    .option('--budget <time>', 'how long the run may take (default: quick 100s, targets 4m, all 10m)', parseDuration)
    .option('--rounds <n>', 'rounds for each workload, at most (default: 100)', parseCount(10_000))
    .option('--seed <text>', 'the same bytes and the same order as the run with this seed')
    .option('--json <file>', 'also write the results there; - for standard output, with nothing else')
    .option('--save <name>', 'the name of the saved run (default: the preset)')
    .option('--results <dir>', 'where runs are saved', '.nexus-bench')
    .option('--dir <dir>', 'where the files of the run go while it lasts (default: the temporary folder)')
    .addOption(new Option('--benchmark-only').hideHelp())
    .addOption(new Option('--benchmark-json <file>').hideHelp())
    .addOption(new Option('--benchmark-save <name>').hideHelp())
}

/** What the words and options ask for. */
export function requestOf(words: readonly string[], flags: RunFlags): PlanRequest {
  return {
    preset: flags.preset,
    words,
    keywords: flags.keywords,
    combos: flags.combos,
    required: flags.require,
    budgetMs: flags.budget,
    maximalRounds: flags.rounds,
    seed: flags.seed,
    name: flags.save ?? flags.benchmarkSave,
  }
}

async function measure(context: CommandContext, command: Command, words: readonly string[], flags: RunFlags): Promise<void> {
  const suite = await import('@nexusfs/bench')
  const { terminal, signal, options } = context
  const { cwd, env } = terminal
  const plan = await suite.plan(requestOf(words, flags), { cwd, env, usesConfig: options.config !== false })
  const progress = new ProgressLine(context.progress, terminal.stderr)
  const outcome = await suite.run(plan, {
    results: flags.results,
    folder: flags.dir,
    argv: command.parent?.args ?? [],
    signal,
    onProgress: (event) => progress.update(event),
  })
  context.progress.end()
  await answer(context, outcome, flags.json ?? flags.benchmarkJson ?? (context.isJson ? '-' : undefined))
  const { file } = outcome
  if (file.run.status === 'interrupted') context.exitCode = exitCodes.interrupted
  else if (file.results.some(({ status }) => status === 'void')) context.exitCode = exitCodes.failed
}

async function answer({ out, terminal }: CommandContext, { file, path, page }: RunOutcome, json?: string): Promise<void> {
  const { report, resultText, writeResultFile } = await import('@nexusfs/bench')
  if (json === '-') return out.write(resultText(file))
  if (json !== undefined) await writeResultFile(resolve(terminal.cwd, json), file)
  await out.write(terminalReport(report(file), out.colours))
  await out.write(`\nresults  ${json ?? path}\npage     ${page}\n`)
}
