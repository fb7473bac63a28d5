import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join, resolve } from 'node:path'
import { type Combination, combinationsOf } from '../combinations/combination.ts'
import { probeCombinations } from '../combinations/probe.ts'
import { loadRegistry } from '../library.ts'
import { colorsFor } from '../report/colors.ts'
import { resultsPage } from '../report/results-page.ts'
import { terminalReport } from '../report/terminal-report.ts'
import { gitFacts, isMemoryFileSystem, loadNow, machineFacts } from '../results/machine-facts.ts'
import type { ResultFile } from '../results/result-file.ts'
import { ResultRecorder } from '../results/result-recorder.ts'
import { nextResultPath, replaceFile, resultText, writeResultFile } from '../results/result-store.ts'
import { ChildWorker } from '../runner/child-worker.ts'
import { countFsyncs, whyUncounted } from '../runner/fsync-counter.ts'
import { runSuite, type SuiteOptions } from '../runner/run-suite.ts'
import { planRun, type RunPlan } from '../selection/plan-run.ts'
import { allWorkloads } from '../workloads/catalogue.ts'
import type { BenchIo } from './bench-io.ts'
import { exitCodes } from './exit-codes.ts'
import { listenForInterruption } from './interruption.ts'
import { ProgressLine } from './progress-line.ts'
import { parseRunOptions, type RunOptions, runUsage } from './run-options.ts'

/** `nexus bench run`. Resolves with the exit code. */
export async function runCommand(argv: readonly string[], io: BenchIo): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(`${runUsage}\n`)
    return exitCodes.ok
  }
  const options = parseRunOptions(argv)
  const registry = await loadRegistry({ cwd: io.cwd, env: io.env, ...(io.usesConfig === false ? { config: false } : {}) })
  const combinations = await probeCombinations(combinationsOf(registry), registry, io.env)
  const plan = planRun(options, allWorkloads, combinations)
  const interruption = listenForInterruption(io.signal)
  try {
    return await measureAndReport({ argv, io, options, plan, combinations, signal: interruption.signal })
  } finally {
    interruption.stop()
  }
}

interface Run {
  readonly argv: readonly string[]
  readonly io: BenchIo
  readonly options: RunOptions
  readonly plan: RunPlan
  readonly combinations: readonly Combination[]
  readonly signal: AbortSignal
}

async function measureAndReport(run: Run): Promise<number> {
  const { io, options, plan, signal } = run
  const results = resolve(io.cwd, options.results)
  const folder = await runFolder(options.folder, results, io.cwd)
  const seed = options.seed ?? randomBytes(4).toString('hex')
  const recorder = await newRecorder(run, seed, folder)
  const path = await nextResultPath(results, recorder.fingerprint, options.name ?? options.preset)
  const progress = new ProgressLine(io.stderr)
  const timeoutMs = requestTimeoutMs(options.budgetMs)
  const counter = await newCounter(io, folder, timeoutMs)
  const outcome = runSuite({
    plan: plan.workloads,
    seed,
    budgetMs: options.budgetMs,
    maximalRounds: options.maximalRounds,
    folder,
    newWorker: () => newWorker(io, timeoutMs),
    countFsyncs: counter.count,
    now: () => performance.now(),
    signal,
    onProgress: (event) => progress.update(event),
    onResults: async (more) => writeResultFile(path, recorder.add(more)),
  })
  const { settings, skips } = await outcome.finally(counter.close)
  progress.clear()
  const file = recorder.close({ status: signal.aborted ? 'interrupted' : 'done', settings, skips, loadAfter: loadNow() })
  await report(file, { path, results, options, io })
  return exitCode(file)
}

/** A child that stalls may cost a quarter of the budget, but never less than it needs on a slow machine. */
function requestTimeoutMs(budgetMs: number): number {
  return Math.min(60_000, Math.max(15_000, budgetMs / 4))
}

function newWorker(io: BenchIo, timeoutMs: number, traceFile?: string): ChildWorker {
  return new ChildWorker({ cwd: io.cwd, usesConfig: io.usesConfig !== false, env: io.env, timeoutMs, traceFile })
}

interface Counter {
  readonly count: NonNullable<SuiteOptions['countFsyncs']>
  readonly close: () => Promise<void>
}

/** One traced child for all combinations. */
async function newCounter(io: BenchIo, folder: string, timeoutMs: number): Promise<Counter> {
  const reason = await whyUncounted()
  if (reason !== undefined) return { count: async () => reason, close: async () => {} }
  const place = await mkdtemp(join(folder, 'nexus-bench-trace-'))
  const traceFile = join(place, 'fsyncs')
  const worker = newWorker(io, timeoutMs, traceFile)
  return {
    count: (workload, request) =>
      countFsyncs(workload, request, worker, traceFile).catch((error: Error) => `counting them failed: ${error.message}`),
    close: async () => {
      await worker.close()
      await rm(place, { recursive: true, force: true })
    },
  }
}

async function newRecorder(
  { argv, options, plan, combinations, io }: Run,
  seed: string,
  folder: string,
): Promise<ResultRecorder> {
  const warnings = (await isMemoryFileSystem(folder))
    ? [`${folder} is in memory: its fsync stores nothing, class disk means nothing`]
    : []
  const used = new Set(plan.workloads.flatMap(({ combinations }) => combinations.map(({ id }) => id)))
  const listed = combinations.filter(({ id }) => used.has(id) || plan.skips.some(({ what }) => what === id))
  return new ResultRecorder({
    name: options.name ?? options.preset,
    preset: options.preset,
    seed,
    budgetMs: options.budgetMs,
    argv: ['run', ...argv],
    machine: await machineFacts(folder),
    git: await gitFacts(io.cwd),
    combinations: listed,
    skips: plan.skips,
    warnings,
  })
}

/** The temporary folder, unless that is in memory: then the results' folder, which is on the disk of the project. */
async function runFolder(asked: string | undefined, results: string, cwd: string): Promise<string> {
  if (asked === undefined && !(await isMemoryFileSystem(os.tmpdir()))) return os.tmpdir()
  const folder = asked === undefined ? join(results, 'tmp') : resolve(cwd, asked)
  await mkdir(folder, { recursive: true })
  return folder
}

interface ReportPlaces {
  readonly path: string
  readonly results: string
  readonly options: RunOptions
  readonly io: BenchIo
}

async function report(file: ResultFile, { path, results, options, io }: ReportPlaces): Promise<void> {
  await writeResultFile(path, file)
  const page = join(results, 'RESULTS.md')
  await replaceFile(page, resultsPage(file))
  if (options.json === '-') {
    io.stdout.write(resultText(file))
    return
  }
  if (options.json !== undefined) await writeResultFile(resolve(io.cwd, options.json), file)
  io.stdout.write(terminalReport(file, colorsFor(io.stdout.isTTY === true, io.env)))
  io.stdout.write(`\nresults  ${options.json ?? path}\npage     ${page}\n`)
}

function exitCode(file: ResultFile): number {
  if (file.run.status === 'interrupted') return exitCodes.interrupted
  return file.results.some(({ status }) => status === 'void') ? exitCodes.failed : exitCodes.ok
}
