import { rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { serverDirectory, startGuarded } from './guarded-server.ts'
import { findProgram, isExecutable } from './programs.ts'
import type { Found, RunningService, Service, StartOptions } from './service.ts'

/** `fake-gcs-server`, which speaks for Google Cloud Storage, with one bucket. Its objects are in memory: a restart begins with none. */
export const gcs: Service = {
  name: 'gcs',
  variable: 'STORAGE_EMULATOR_HOST',
  install: 'bash .ci/install-servers',
  find: findServer,
  start: startServer,
}

const bucket = 'nexus-tests'

/** On the PATH, where the gate installs it, or where `go install` puts it. */
function findFakeServer(): string | undefined {
  const name = 'fake-gcs-server'
  const ours = fileURLToPath(new URL(`bin/${name}`, import.meta.url))
  return findProgram(name) ?? [ours, join(homedir(), 'go', 'bin', name)].find(isExecutable)
}

async function findServer(): Promise<Found> {
  const { STORAGE_EMULATOR_HOST: url, GCS_BUCKET: given } = process.env
  if (url && given) return { status: 'given', url, env: { GCS_BUCKET: given } }
  const program = findFakeServer()
  return program === undefined
    ? { status: 'missing', reason: 'no fake-gcs-server on the PATH, in services/bin or in ~/go/bin' }
    : { status: 'installed', detail: program }
}

async function startServer(options: StartOptions = {}): Promise<RunningService> {
  const program = findFakeServer()
  if (program === undefined) throw new Error(`fake-gcs-server is not installed; ${gcs.install}`)
  const directory = serverDirectory('gcs')
  try {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const settings = {
      scheme: 'http',
      host: '127.0.0.1',
      port: String(port),
      'external-url': url,
      // Its other backend makes one file name of a whole key, which is then too long.
      backend: 'memory',
      'log-level': 'warn',
      ...options.settings,
    }
    const server = await startGuarded({
      name: 'gcs',
      directory,
      port,
      command: program,
      arguments: Object.entries(settings).map(([name, value]) => `-${name}=${value}`),
      signals: { stop: 'SIGTERM', crash: 'SIGKILL' },
      kept: options.kept,
      isReady: () => answersWithBucket(url),
    })
    const env = { STORAGE_EMULATOR_HOST: url, GCS_BUCKET: bucket }
    return { name: 'gcs', url, env, own: server, stop: server.stop }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

async function answersWithBucket(url: string): Promise<boolean> {
  try {
    const body = JSON.stringify({ name: bucket })
    const headers = { 'content-type': 'application/json' }
    const { status } = await fetch(`${url}/storage/v1/b?project=nexus`, { method: 'POST', headers, body })
    return status === 200 || status === 409
  } catch {
    await sleep(50)
    return false
  }
}
