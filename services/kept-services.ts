import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceNamed } from './catalog.ts'
import type { StartOptions } from './service.ts'

/** A server that `npm run services -- start` has left running. */
export interface KeptService {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly directory: string
}

/** Those that still run; records of those that do not are dropped. */
export function keptServices(): readonly KeptService[] {
  const names = existsSync(records) ? readdirSync(records) : []
  return names.flatMap((file) => {
    const kept: KeptService = JSON.parse(readFileSync(join(records, file), 'utf8'))
    if (runningPid(kept) !== undefined) return [kept]
    rmSync(join(records, file))
    return []
  })
}

export async function startKept(name: string, options: StartOptions = {}): Promise<KeptService> {
  const known = keptServices().find((kept) => kept.name === name)
  if (known !== undefined) return known
  const { env, own } = await serviceNamed(name).start({ ...options, kept: true })
  if (own === undefined) throw new Error(`${name}: nothing was started`)
  const kept: KeptService = { name, env, directory: own.directory }
  mkdirSync(records, { recursive: true, mode: 0o700 })
  writeFileSync(join(records, `${name}.json`), JSON.stringify(kept), { mode: 0o600 })
  return kept
}

export async function stopKept(kept: KeptService): Promise<void> {
  const pid = runningPid(kept)
  if (pid !== undefined) {
    process.kill(pid, kept.name === 'postgres' ? 'SIGINT' : 'SIGTERM')
    for (let tries = 0; tries < 100 && runningPid(kept) !== undefined; tries++) await sleep(100)
  }
  rmSync(kept.directory, { recursive: true, force: true })
  rmSync(join(records, `${kept.name}.json`), { force: true })
}

const records = join(tmpdir(), `nexus-services-${userInfo().uid}`)

/** The process, only if it is still the one that was started: a number may have been given to another since. */
function runningPid({ directory }: KeptService): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'))
    process.kill(pid, 0)
    return worksIn(pid, directory) ? pid : undefined
  } catch {
    return undefined
  }
}

/** Each server works in its own folder; where the system does not tell (no /proc), the number is believed. */
function worksIn(pid: number, directory: string): boolean {
  if (!existsSync('/proc/self/cwd')) return true
  return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory)
}
