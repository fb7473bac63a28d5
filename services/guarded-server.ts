import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OwnServer } from './service.ts'
import type { Account } from './unprivileged-account.ts'

export interface ServerPlan {
  readonly name: string
  readonly directory: string
  readonly port: number
  readonly command: string
  readonly arguments: readonly string[]
  /** Who runs it; this user if absent. */
  readonly account?: Account | undefined
  /** Asks it to end soon, and as a crash would. */
  readonly signals: { readonly stop: NodeJS.Signals; readonly crash: NodeJS.Signals }
  readonly kept?: boolean | undefined
  /** How long it may take to start. Default: 30. */
  readonly readySeconds?: number | undefined
  /** True once it answers. */
  isReady(): Promise<boolean>
}

/** A new folder that the account owns. Its path is short, since Unix sockets live in it. */
export function serverDirectory(name: string, account?: Account): string {
  const directory = mkdtempSync(join(tmpdir(), `nexus-${name}-`))
  if (account !== undefined) chownSync(directory, account.uid, account.gid)
  return directory
}

/**
 * Starts a server that ends, and whose folder goes, with this process: also if it crashes or is killed. A tiny shell waits for the
 * end of a pipe that only this process holds, then does both.
 */
export async function startGuarded(plan: ServerPlan): Promise<OwnServer & { stop(): Promise<void> }> {
  const guard = plan.kept ? undefined : startGuard(plan)
  let child = await launch(plan)
  let isStopped = false
  return {
    directory: plan.directory,
    port: plan.port,
    pid: () => child.pid ?? 0,
    crash: () => end(child, plan, plan.signals.crash),
    restart: async () => {
      if (isRunning(child)) throw new Error(`${plan.name} is running; crash it before it is started again`)
      child = await launch(plan)
    },
    stop: async () => {
      if (isStopped) return
      isStopped = true
      await end(child, plan, plan.signals.stop)
      rmSync(plan.directory, { recursive: true, force: true })
      guard?.stdin?.end()
    },
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

async function launch(plan: ServerPlan): Promise<ChildProcess> {
  const log = openSync(join(plan.directory, 'log'), 'a')
  const child = spawn(plan.command, plan.arguments, {
    cwd: plan.directory,
    detached: true,
    stdio: ['ignore', log, log],
    ...(plan.account ?? {}),
  })
  closeSync(log)
  child.unref()
  const failure = new Promise<string>((resolve) => child.once('error', (error) => resolve(error.message)))
  if (child.pid === undefined) throw new Error(`${plan.name}: ${await failure}`)
  writeFileSync(join(plan.directory, 'pid'), `${child.pid}\n`)
  await ready(child, plan)
  return child
}

async function ready(child: ChildProcess, plan: ServerPlan): Promise<void> {
  const { readySeconds = 30 } = plan
  const deadline = performance.now() + readySeconds * 1000
  while (!(await plan.isReady())) {
    const isOver = !isRunning(child)
    if (isOver || performance.now() > deadline) {
      const log = readFileSync(join(plan.directory, 'log'), 'utf8').split('\n').slice(-15).join('\n')
      await end(child, plan, 'SIGKILL')
      throw new Error(`${plan.name} ${isOver ? 'ended' : `was not ready after ${readySeconds} s`}; its log ends:\n${log}`)
    }
    await sleep(20)
  }
}

async function end(child: ChildProcess, plan: ServerPlan, signal: NodeJS.Signals): Promise<void> {
  if (child.pid !== undefined && isRunning(child)) {
    const exit = once(child, 'exit')
    child.ref()
    child.kill(signal)
    const isOver = await Promise.race([exit.then(() => true), sleep(10_000, false, { ref: false })])
    if (!isOver) {
      child.kill('SIGKILL')
      await exit
    }
  }
  rmSync(join(plan.directory, 'pid'), { force: true })
}

/** Waits for its standard input to end; then ends whatever `pid` names, and removes the folder. */
const guardScript = `
read -r line
pid=$(cat "$1/pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -"$2" "$pid" 2>/dev/null
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -9 "$pid" 2>/dev/null
fi
rm -rf "$1"
`

function startGuard(plan: ServerPlan): ChildProcess {
  const signal = plan.signals.crash.replace('SIG', '')
  const guard = spawn('/bin/sh', ['-c', guardScript, 'nexus-guard', plan.directory, signal], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.unref()
  // A pipe of its own keeps no process alive.
  const pipe: unknown = guard.stdin
  if (hasUnref(pipe)) pipe.unref()
  return guard
}

function hasUnref(value: unknown): value is { unref(): void } {
  return typeof value === 'object' && value !== null && 'unref' in value && typeof value.unref === 'function'
}
