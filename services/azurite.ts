import { randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { serverDirectory, startGuarded } from './guarded-server.ts'
import { findProgram } from './programs.ts'
import type { Found, RunningService, Service, StartOptions } from './service.ts'

/** Azurite, Microsoft's own emulator of Azure Blob Storage, with one container. Its blobs are in its folder, and outlive a crash. */
export const azure: Service = {
  name: 'azure',
  variable: 'AZURE_STORAGE_CONNECTION_STRING',
  install: 'npm ci --prefix services/azure',
  find: findAzurite,
  start: startAzurite,
}

const container = 'nexus-tests'
const account = 'nexustests'
const program = new URL('azure/node_modules/azurite/dist/src/blob/main.js', import.meta.url).pathname

async function findAzurite(): Promise<Found> {
  const { AZURE_STORAGE_CONNECTION_STRING: url, AZURE_CONTAINER: given } = process.env
  if (url && given) return { status: 'given', url, env: { AZURE_CONTAINER: given } }
  return existsSync(program)
    ? { status: 'installed', detail: program }
    : { status: 'missing', reason: 'azurite is not in services/azure/node_modules' }
}

async function startAzurite(options: StartOptions = {}): Promise<RunningService> {
  if (!existsSync(program)) throw new Error(`azurite is not installed; ${azure.install}`)
  const directory = serverDirectory('azure')
  try {
    const [port, key] = [await freePort(), randomBytes(64).toString('base64')]
    const endpoint = `http://127.0.0.1:${port}/${account}`
    const connection = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${endpoint};`
    const settings = { blobHost: '127.0.0.1', blobPort: String(port), location: directory, ...options.settings }
    const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    const flags = ['--silent', '--disableTelemetry', '--skipApiVersionCheck']
    // The one account that it has is named by a variable.
    const script = 'export AZURITE_ACCOUNTS="$1:$2"; shift 2; exec "$@"'
    const server = await startGuarded({
      name: 'azure',
      directory,
      port,
      command: findProgram('sh') ?? '/bin/sh',
      arguments: ['-c', script, 'azurite', account, key, process.execPath, program, ...words, ...flags],
      signals: { stop: 'SIGTERM', crash: 'SIGKILL' },
      kept: options.kept,
      isReady: () => answersWithContainer(connection),
    })
    const env = { AZURE_STORAGE_CONNECTION_STRING: connection, AZURE_CONTAINER: container }
    return { name: 'azure', url: connection, env, own: server, stop: server.stop }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

async function answersWithContainer(connection: string): Promise<boolean> {
  const { ContainerClient } = await import('@azure/storage-blob')
  try {
    await new ContainerClient(connection, container, { retryOptions: { maxTries: 1 } }).createIfNotExists()
    return true
  } catch {
    await sleep(50)
    return false
  }
}
