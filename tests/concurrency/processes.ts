import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Jobs } from './worker.ts'

/** A process that works on a store. */
export interface Worker<Result> {
  readonly child: ChildProcess
  readonly ready: Promise<unknown>
  /** Rejects if the process ends without one. */
  readonly result: Promise<Result>
  stop(): void
}

/** Lets all workers begin once each of them has the store open. */
export async function startTogether(workers: readonly Worker<unknown>[]): Promise<void> {
  await Promise.all(workers.map(({ ready, result }) => Promise.race([ready, result])))
  for (const { child } of workers) child.send('go')
}

type ResultOf<Job extends keyof Jobs> = Awaited<ReturnType<Jobs[Job]>>

export function startWorker<Job extends keyof Jobs>(
  folder: string,
  job: Job,
  options?: Parameters<Jobs[Job]>[0],
): Worker<ResultOf<Job>> {
  const args = [folder, job, JSON.stringify(options ?? {})]
  const child = fork(join(import.meta.dirname, 'worker.ts'), args, { execArgv: ['--conditions=nexus-source'], stdio: 'pipe' })
  const errors = child.stderr === null ? Promise.resolve('') : text(child.stderr)
  const ready = once(child, 'message')
  ready.catch(() => undefined)
  // Known only once the process has ended: while it closes the store, it may still leave something in the folder.
  const result = new Promise<ResultOf<Job>>((resolve, reject) => {
    let told: { readonly result: ResultOf<Job> } | undefined
    child.on('message', (message: { result?: ResultOf<Job> }) => {
      if (message.result !== undefined) told = { result: message.result }
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (told !== undefined) return resolve(told.result)
      void errors.then((output) => reject(new Error(`the worker ended with ${code ?? signal}: ${output}`)))
    })
  })
  result.catch(() => undefined)
  return { child, ready, result, stop: () => child.connected && child.send('stop') }
}

/** Runs the real command on a store; the environment holds nothing that chooses one. */
export async function runNexus(argv: readonly string[], input = ''): Promise<{ code: number; stdout: string; stderr: string }> {
  const binary = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'nexus.js')
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['--conditions=nexus-source', binary, ...argv], { env: { PATH, HOME }, cwd: tmpdir() })
  const outputs = Promise.all([text(child.stdout), text(child.stderr)])
  child.stdin.end(input)
  const [code]: unknown[] = await once(child, 'close')
  const [stdout, stderr] = await outputs
  return { code: Number(code), stdout, stderr }
}

export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'nexus-concurrency-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
