import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type Workload, workloadId } from '../workloads/workload.ts'
import type { BeginRequest, CombinationWorker } from './combination-worker.ts'

const run = promisify(execFile)

/** Operations that are counted at least. */
const countedOperations = 20

/** How `strace` is called: system calls of all threads that make data durable, one line each. */
export function straceCommand(traceFile: string): readonly string[] {
  return [
    'strace',
    '-f',
    '--seccomp-bpf',
    '-qqq',
    '-e',
    'trace=fsync,fdatasync,syncfs,sync',
    '-e',
    'signal=none',
    '-o',
    traceFile,
  ]
}

/** Why system calls cannot be counted here; `undefined` if they can. */
export async function whyUncounted(): Promise<string | undefined> {
  const [program = '', ...options] = straceCommand('/dev/null')
  try {
    await run(program, [...options, process.execPath, '--version'])
    return undefined
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return isMissing ? 'counting them needs strace' : 'strace may not trace processes here'
  }
}

/**
 * Counts the fsyncs of a workload from outside, in a process that is traced and not timed: SQLite makes its own calls, which nothing
 * inside of the process sees.
 * @param worker runs in a process that is traced into `traceFile`
 * @returns fsyncs per operation
 */
export async function countFsyncs(
  workload: Workload,
  request: Omit<BeginRequest, 'workload'>,
  worker: CombinationWorker,
  traceFile: string,
): Promise<number> {
  await worker.begin({ ...request, workload: workloadId(workload) })
  try {
    await worker.round(1)
    const before = await callsIn(traceFile)
    const iterations = Math.ceil(countedOperations / workload.operations)
    await worker.round(iterations)
    return ((await callsIn(traceFile)) - before) / (iterations * workload.operations)
  } finally {
    await worker.end()
  }
}

async function callsIn(traceFile: string): Promise<number> {
  const trace = await readFile(traceFile, 'utf8')
  return trace.match(/\b(?:fsync|fdatasync|syncfs|sync)\(/g)?.length ?? 0
}
