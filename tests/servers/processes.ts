import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { FixtureName } from './server-fixtures.ts'
import type { Jobs, WorkerWay } from './worker.ts'

/** A process that works on a store. */
export interface Worker<Result> {
  readonly child: ChildProcess
  /** It has the store open. */
  readonly ready: Promise<unknown>
  /** Rejects if the process ends without one. */
  readonly result: Promise<Result>
}

type ResultOf<Job extends keyof Jobs> = Awaited<ReturnType<Jobs[Job]>>

export function startWorker<Job extends keyof Jobs>(
  { kind, folder, url }: FixtureName,
  job: Job,
  options: Parameters<Jobs[Job]>[0],
  way: WorkerWay = {},
): Worker<ResultOf<Job>> {
  const args = [JSON.stringify({ kind, folder, url }), job, JSON.stringify(options), JSON.stringify(way)]
  const child = fork(join(import.meta.dirname, 'worker.ts'), args, {
    execArgv: ['--conditions=nexus-source'],
    stdio: 'pipe',
  })
  const errors = child.stderr === null ? Promise.resolve('') : text(child.stderr)
  const ready = once(child, 'message')
  ready.catch(() => undefined)
  const result = new Promise<ResultOf<Job>>((resolve, reject) => {
    child.on('message', (message: { result?: ResultOf<Job> }) => {
      if (message.result !== undefined) resolve(message.result)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      void errors.then((output) => reject(new Error(`the worker ended with ${code ?? signal}: ${output}`)))
    })
  })
  result.catch(() => undefined)
  return { child, ready, result }
}

/** Lets all workers begin once each of them has the store open; gives their results. */
export async function runTogether<Result>(workers: readonly Worker<Result>[]): Promise<Result[]> {
  await Promise.all(workers.map(({ ready, result }) => Promise.race([ready, result])))
  for (const { child } of workers) child.send('go')
  return Promise.all(workers.map(({ result }) => result))
}

/** The next message of that kind that a worker sends. */
export async function nextMessage(worker: Worker<unknown>, name: string): Promise<unknown> {
  for (;;) {
    const [message]: unknown[] = await Promise.race([once(worker.child, 'message'), worker.result.then(() => [])])
    if (typeof message !== 'object' || message === null) return assert.fail(`the worker ended before it sent ${name}`)
    if (name in message) return Reflect.get(message, name)
  }
}
