import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join, resolve } from 'node:path'
import type { BenchmarkPlan } from './plan.ts'
import { writeResultsPage } from './report/results-page.ts'
import { gitFacts, isMemoryFileSystem, loadNow, machineFacts } from './results/machine-facts.ts'
import type { ResultFile } from './results/result-file.ts'
import { ResultRecorder } from './results/result-recorder.ts'
import { nextResultPath, writeResultFile } from './results/result-store.ts'
import { ChildWorker } from './runner/child-worker.ts'
import { countFsyncs, whyUncounted } from './runner/fsync-counter.ts'
import { runSuite, type SuiteOptions, type SuiteProgress } from './runner/run-suite.ts'
import type { Surroundings } from './surroundings.ts'

export interface RunOptions {
  /** Where runs are saved; `.nexus-bench` if absent. */
  readonly results?: string | undefined
  /** Where the files of the run go while it lasts; the temporary folder if absent, unless that is in memory. */
  readonly folder?: string | undefined
  /** The command line that asked for the run, for its file; secrets in URLs are left out. */
  readonly argv?: readonly string[] | undefined
  /** Once it has fired, the round under way ends the run. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: SuiteProgress) => void) | undefined
}

export interface RunOutcome {
  readonly file: ResultFile
  /** Where the file is: `<results>/<machine>/0007_<name>.json`. */
  readonly path: string
  /** Where the page made from it is: `<results>/RESULTS.md`. */
  readonly page: string
}

/**
 * Measures what was planned, in processes of their own. The file is rewritten after each workload: interrupted by the signal,
 * the run ends with what is measured, in a file with the status `interrupted`; killed, it leaves a valid file with the status
 * `running`. What goes wrong in a workload is in the file, as a result with the status `void`.
 * @throws {Error} of the file system, if the results cannot be written
 */
export async function run(plan: BenchmarkPlan, options: RunOptions = {}): Promise<RunOutcome> {
  const { signal = new AbortController().signal, onProgress = () => {} } = options
  const { cwd } = plan.surroundings
  const results = resolve(cwd, options.results ?? '.nexus-bench')
  const folder = await runFolder(options.folder, results, cwd)
  const recorder = await newRecorder(plan, options.argv ?? [], folder)
  const path = await nextResultPath(results, recorder.fingerprint, plan.name)
  const timeoutMs = requestTimeoutMs(plan.budgetMs)
  const counter = await newCounter(plan.surroundings, folder, timeoutMs)
  const { settings, skips } = await runSuite({
    plan: plan.workloads,
    seed: plan.seed,
    budgetMs: plan.budgetMs,
    maximalRounds: plan.maximalRounds,
    folder,
    newWorker: () => newWorker(plan.surroundings, timeoutMs),
    countFsyncs: counter.count,
    now: () => performance.now(),
    signal,
    onProgress,
    onResults: async (more) => writeResultFile(path, recorder.add(more)),
  }).finally(counter.close)
  const file = recorder.close({ status: signal.aborted ? 'interrupted' : 'done', settings, skips, loadAfter: loadNow() })
  const page = join(results, 'RESULTS.md')
  await writeResultFile(path, file)
  await writeResultsPage(page, file)
  return { file, path, page }
}

/** A child that stalls may cost a quarter of the budget, but never less than it needs on a slow machine. */
function requestTimeoutMs(budgetMs: number): number {
  return Math.min(60_000, Math.max(15_000, budgetMs / 4))
}

function newWorker({ cwd, env, usesConfig }: Surroundings, timeoutMs: number, traceFile?: string): ChildWorker {
  return new ChildWorker({ cwd, usesConfig: usesConfig !== false, env, timeoutMs, traceFile })
}

interface Counter {
  readonly count: NonNullable<SuiteOptions['countFsyncs']>
  readonly close: () => Promise<void>
}

/** One traced child for all combinations. */
async function newCounter(surroundings: Surroundings, folder: string, timeoutMs: number): Promise<Counter> {
  const reason = await whyUncounted()
  if (reason !== undefined) return { count: async () => reason, close: async () => {} }
  const location = await mkdtemp(join(folder, 'nexus-bench-trace-'))
  const traceFile = join(location, 'fsyncs')
  const worker = newWorker(surroundings, timeoutMs, traceFile)
  return {
    count: (workload, request) =>
      countFsyncs(workload, request, worker, traceFile).catch((error: Error) => `counting them failed: ${error.message}`),
    close: async () => {
      await worker.close()
      await rm(location, { recursive: true, force: true })
    },
  }
}

async function newRecorder(plan: BenchmarkPlan, argv: readonly string[], folder: string): Promise<ResultRecorder> {
  const warnings = (await isMemoryFileSystem(folder))
    ? [`${folder} is in memory: its fsync stores nothing, class disk means nothing`]
    : []
  const { name, preset, seed, budgetMs, combinations, skips, surroundings } = plan
  const machine = await machineFacts(folder)
  const git = await gitFacts(surroundings.cwd)
  return new ResultRecorder({ name, preset, seed, budgetMs, argv, machine, git, combinations, skips, warnings })
}

/** The temporary folder, unless that is in memory: then the results' folder, which is on the disk of the project. */
async function runFolder(asked: string | undefined, results: string, cwd: string): Promise<string> {
  if (asked === undefined && !(await isMemoryFileSystem(os.tmpdir()))) return os.tmpdir()
  const folder = asked === undefined ? join(results, 'tmp') : resolve(cwd, asked)
  await mkdir(folder, { recursive: true })
  return folder
}
