import { once } from 'node:events'
import { chownSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { serverDirectory, startGuarded } from './guarded-server.ts'
import { findProgram } from './programs.ts'
import type { Found, RunningService, Service, StartOptions } from './service.ts'
import { type Account, unprivilegedAccount } from './unprivileged-account.ts'

/** PgBouncer in transaction mode, in front of the PostgreSQL that `target` names. */
export const pgbouncer: Service = {
  name: 'pgbouncer',
  variable: 'NEXUS_PGBOUNCER_URL',
  install: 'apt-get install pgbouncer',
  find: findPgbouncer,
  start: startPgbouncer,
}

async function findPgbouncer(): Promise<Found> {
  const url = process.env.NEXUS_PGBOUNCER_URL
  if (url) return { status: 'given', url }
  const program = findProgram('pgbouncer')
  return program === undefined
    ? { status: 'missing', reason: 'no pgbouncer on the PATH' }
    : { status: 'installed', detail: program }
}

async function startPgbouncer(options: StartOptions = {}): Promise<RunningService> {
  const program = findProgram('pgbouncer')
  if (program === undefined) throw new Error(`PgBouncer is not installed; ${pgbouncer.install}`)
  const target = options.target ?? process.env.NEXUS_DATABASE_URL
  if (target === undefined)
    throw new Error('PgBouncer needs a PostgreSQL to stand before: set NEXUS_DATABASE_URL, or pass its URL')
  const account = unprivilegedAccount()
  const directory = serverDirectory('bouncer', account)
  try {
    const port = await freePort()
    const server = await startGuarded({
      name: 'pgbouncer',
      directory,
      port,
      command: program,
      arguments: [writeConfiguration({ directory, port, target: new URL(target), account, settings: options.settings ?? {} })],
      account,
      signals: { stop: 'SIGTERM', crash: 'SIGKILL' },
      kept: options.kept,
      isReady: () => accepts(port),
    })
    const url = inFrontOf(target, port)
    return { name: 'pgbouncer', url, env: { NEXUS_PGBOUNCER_URL: url }, own: server, stop: server.stop }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

interface Configuration {
  readonly directory: string
  readonly port: number
  readonly target: URL
  readonly account: Account | undefined
  readonly settings: Readonly<Record<string, string>>
}

function writeConfiguration({ directory, port, target, account, settings }: Configuration): string {
  const users = join(directory, 'users.txt')
  writeFileSync(users, `"${decodeURIComponent(target.username)}" "${decodeURIComponent(target.password)}"\n`, { mode: 0o600 })
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: 'transaction',
    max_client_conn: '400',
    default_pool_size: '20',
    ...settings,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
  const file = join(directory, 'pgbouncer.ini')
  writeFileSync(
    file,
    `[databases]\n* = host=${target.hostname} port=${target.port || '5432'}\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  if (account !== undefined) for (const path of [users, file]) chownSync(path, account.uid, account.gid)
  return file
}

function inFrontOf(target: string, port: number): string {
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
