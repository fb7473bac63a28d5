import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { freePort } from './free-port.ts'
import { serverDirectory, startGuarded } from './guarded-server.ts'
import { findProgram } from './programs.ts'
import type { Found, RunningService, Service, StartOptions } from './service.ts'

/** Redis 6.2 or newer, with the two settings that Nexus requires, and the one that makes it durable. */
export const redis: Service = {
  name: 'redis',
  variable: 'REDIS_URL',
  install: 'apt-get install redis-server',
  find: findRedis,
  start: startRedis,
}

async function findRedis(): Promise<Found> {
  const url = process.env.REDIS_URL
  if (url) return { status: 'given', url }
  const program = findProgram('redis-server')
  return program === undefined
    ? { status: 'missing', reason: 'no redis-server on the PATH' }
    : { status: 'installed', detail: program }
}

async function startRedis(options: StartOptions = {}): Promise<RunningService> {
  const program = findProgram('redis-server')
  if (program === undefined) throw new Error(`Redis is not installed; ${redis.install}`)
  const directory = serverDirectory('redis')
  try {
    const port = await freePort()
    const server = await startGuarded({
      name: 'redis',
      directory,
      port,
      command: program,
      arguments: settingArguments({ port: String(port), dir: directory, ...options.settings }),
      signals: { stop: 'SIGTERM', crash: 'SIGKILL' },
      kept: options.kept,
      isReady: () => answersPing(port),
    })
    const url = `redis://127.0.0.1:${port}`
    return { name: 'redis', url, env: { REDIS_URL: url }, own: server, stop: server.stop }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

function settingArguments(settings: Readonly<Record<string, string>>): readonly string[] {
  const all = {
    bind: '127.0.0.1',
    daemonize: 'no',
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    save: '',
    ...settings,
  }
  return Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])
}

/** A server that still loads its log answers `-LOADING`, and is not ready. */
async function answersPing(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write('PING\r\n')
    const [reply] = await once(socket, 'data')
    return String(reply).startsWith('+PONG')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
