import { parseArgs } from 'node:util'
import { NexusError } from '../library.ts'
import { runNamePattern } from '../results/result-store.ts'
import type { Preset, SelectionRequest } from '../selection/plan-run.ts'

export interface RunOptions extends SelectionRequest {
  readonly budgetMs: number
  readonly maximalRounds: number
  /** A random one if absent. */
  readonly seed: string | undefined
  /** A file, or `-` for standard output. */
  readonly json: string | undefined
  /** The name of the saved run; that of the preset if absent. */
  readonly name: string | undefined
  /** Where runs are saved. */
  readonly results: string
  /** Where the files of the run go while it lasts; chosen if absent. */
  readonly folder: string | undefined
}

/** The options of `nexus bench run`, for `parseArgs`. */
const options = {
  keywords: { type: 'string', short: 'k' },
  combos: { type: 'string', multiple: true },
  require: { type: 'string', multiple: true },
  preset: { type: 'string', default: 'quick' },
  budget: { type: 'string' },
  rounds: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'string' },
  save: { type: 'string' },
  results: { type: 'string', default: '.nexus-bench' },
  dir: { type: 'string' },
  'benchmark-only': { type: 'boolean' },
  'benchmark-json': { type: 'string' },
  'benchmark-save': { type: 'string' },
} as const

export const runUsage = `nexus bench run [workload ...] [options]

A workload is a group (dedup), a name (throughput/write), an id (throughput/write[size=1KiB]),
or a node id of the old pytest suite. Without one, the preset decides.

  -k EXPR            only where the words are in "workload[params] combination"; and, or, not, ( )
  --combos A,B       these combinations, each with the baseline of its class
  --require A,B      also these, and fail if one of them is not ready
  --preset NAME      quick (default), targets (the table of goals), all
  --budget TIME      100s, 10m: how long the run may take; quick 100s, targets 4m, all 10m
  --rounds N         at most N rounds for each workload (default 100)
  --seed TEXT        the same bytes and the same order as the run with this seed
  --json FILE        also write the results there; "-" = standard output, with nothing else
  --save NAME        the name of the saved run
  --results DIR      where runs are saved (default .nexus-bench)
  --dir DIR          where the files of the benchmark go while it runs (default: the temporary folder)

--benchmark-only, --benchmark-json FILE and --benchmark-save NAME are understood, too.
Exit codes: 0 done, 1 a workload or its verification failed, 2 usage, 5 nothing selected, 130 interrupted.`

const presetBudgets: Readonly<Record<Preset, number>> = { quick: 100_000, targets: 240_000, all: 600_000 }

/**
 * @throws {NexusError} InvalidArgument
 */
export function parseRunOptions(argv: readonly string[]): RunOptions {
  const { values, positionals } = parse(argv)
  const preset = presetOf(values.preset)
  const name = values.save ?? values['benchmark-save']
  if (name !== undefined && !runNamePattern.test(name)) {
    throw usage(`--save ${name}: a name has letters, digits, ".", "_" and "-"`)
  }
  return {
    preset,
    words: positionals,
    keywords: values.keywords,
    combos: values.combos === undefined ? undefined : listOf(values.combos),
    required: listOf(values.require ?? []),
    budgetMs: values.budget === undefined ? presetBudgets[preset] : parseDuration(values.budget),
    maximalRounds: values.rounds === undefined ? 100 : parseRounds(values.rounds),
    seed: values.seed,
    json: values.json ?? values['benchmark-json'],
    name,
    results: values.results,
    folder: values.dir,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (cause) {
    const [problem] = (cause instanceof Error ? cause.message : String(cause)).split('. ')
    throw usage(`${problem}; \`nexus bench run --help\` shows the options`)
  }
}

function presetOf(name: string): Preset {
  if (name === 'quick' || name === 'targets' || name === 'all') return name
  throw usage(`--preset is quick, targets or all, not "${name}"`)
}

/** Milliseconds of `100s`, `10m`, `500ms`, or a number of seconds. */
export function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? Number.NaN
  const duration = Number(number) * factor
  if (duration > 0) return duration
  throw usage(`--budget ${text}: write it as 100s or 10m`)
}

function parseRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds > 0 && rounds <= 10_000) return rounds
  throw usage(`--rounds ${text}: a whole number from 1 to 10,000`)
}

/** `a,b` and repeated options alike. */
function listOf(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(',')).filter((id) => id !== '')
}

function usage(message: string): NexusError {
  return new NexusError('InvalidArgument', message)
}
