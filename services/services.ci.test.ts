import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { catalog } from './catalog.ts'
import { requireOwnOrSkip } from './require-or-skip.ts'

const requireModule = new URL('require-or-skip.ts', import.meta.url).href
const script = fileURLToPath(new URL('../scripts/services.ts', import.meta.url))

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = start(args, env)
  const text = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => (text.out += chunk))
  child.stderr?.on('data', (chunk) => (text.err += chunk))
  await once(child, 'close')
  return { code: child.exitCode, ...text }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** One that has ended and that nobody has asked for its result still has its number, and no longer a folder. */
function isWorking(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) !== ''
  } catch {
    return false
  }
}

/** Starts a server in a process of its own, and says where. */
const program = (name: string): string => `
  const { requireOwnOrSkip } = await import('${requireModule}')
  const service = await requireOwnOrSkip('${name}')
  console.log(JSON.stringify({ pid: service.own.pid(), directory: service.own.directory }))
  if (process.env.STAY) setInterval(() => {}, 1000)`

const inline = (text: string): readonly string[] => ['--input-type=module', '-e', text]

describe('a server that a test has started', () => {
  it.each(['postgres', 'redis', 'gcs', 'azure'])(
    '%s ends, and its folder goes, with the process: also when that is killed',
    async (name) => {
      const found = await catalog.find((service) => service.name === name)?.find()
      if (found?.status !== 'installed') return
      for (const signal of [undefined, 'SIGKILL'] as const) {
        const child = start(inline(program(name)), signal === undefined ? {} : { STAY: '1' })
        const [line] = await once(child.stdout ?? assert.fail(), 'data')
        const { pid, directory } = JSON.parse(String(line))
        assert(isRunning(pid) && existsSync(directory))
        const exit = once(child, 'exit')
        if (signal !== undefined) child.kill(signal)
        await exit
        const until = performance.now() + 15_000
        while ((isRunning(pid) || existsSync(directory)) && performance.now() < until) await sleep(50)
        assert(!isRunning(pid), 'the server has ended')
        assert(!existsSync(directory), 'its folder is gone')
      }
    },
    60_000,
  )

  it('comes back after a crash with its data', async () => {
    const service = await requireOwnOrSkip('redis')
    if (service?.own === undefined) return
    const before = service.own.pid()
    await service.own.crash()
    assert(!isRunning(before))
    await service.own.restart()
    assert(isRunning(service.own.pid()))
    await service.stop()
    assert(!existsSync(service.own.directory))
  })
})

describe('a server that is not here', () => {
  const missing = `
    const { requireOrSkip } = await import('${requireModule}')
    console.log(String(await requireOrSkip('redis')))`

  it('is a skip that says why and what to do', async () => {
    const { code, out, err } = await run(inline(missing), { PATH: '', REDIS_URL: '', NEXUS_REQUIRE: 'postgres' })
    assert.equal(code, 0)
    assert.equal(out.trim(), 'undefined')
    assert.match(err, /skipped: redis is not here: no redis-server.*apt-get install redis-server; or set REDIS_URL/)
  })

  it('is a failure if NEXUS_REQUIRE lists it', async () => {
    const { code, err } = await run(inline(missing), { PATH: '', REDIS_URL: '', NEXUS_REQUIRE: 'postgres, redis' })
    assert.equal(code, 1)
    assert.match(err, /NEXUS_REQUIRE lists redis, so this is a failure/)
  })

  it('is not asked for where a URL names one', async () => {
    const asks = `console.log((await (await import('${requireModule}')).requireOrSkip('redis')).url)`
    const { out } = await run(inline(asks), { PATH: '', REDIS_URL: 'redis://example.invalid' })
    assert.equal(out.trim(), 'redis://example.invalid')
  })
})

describe("Ceph's gateway", () => {
  it('ends with all its daemons, and its folder goes, when the process that started it is killed', async () => {
    const found = await catalog.find(({ name }) => name === 's3')?.find()
    if (found?.status !== 'installed') return
    const child = start(inline(program('s3')), { STAY: '1' })
    const [line] = await once(child.stdout ?? assert.fail(), 'data')
    const { pid, directory } = JSON.parse(String(line))
    const daemons = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
    assert.equal(daemons.length, 3, 'a monitor, an object store and the gateway')
    child.kill('SIGKILL')
    const isLeft = (): boolean => [pid, ...daemons].some(isWorking) || existsSync(directory)
    const until = performance.now() + 15_000
    while (isLeft() && performance.now() < until) await sleep(50)
    assert.equal(isLeft(), false)
  })
})

describe('npm run services', () => {
  it('lists what is here, starts it, exports it, and stops it', async () => {
    const found = await catalog.find(({ name }) => name === 'redis')?.find()
    if (found?.status !== 'installed') return
    assert.match((await run([script, 'list', 'redis'])).err, /redis: (ready to start|running in)/)
    const started = await run([script, 'start', 'redis'])
    assert.match(started.out, /^export REDIS_URL='redis:\/\/127\.0\.0\.1:\d+'\n$/)
    assert.equal((await run([script, 'env', 'redis'])).out, started.out)
    assert.equal((await run([script, 'start', 'redis'])).out, started.out)
    assert.match((await run([script, 'stop', 'redis'])).err, /redis: stopped/)
    assert.equal((await run([script, 'env', 'redis'])).out, '')
  })

  it('refuses what it does not know', async () => {
    assert.equal((await run([script, 'restart'])).code, 2)
    const { code, err } = await run([script, 'list', 'mysql'])
    assert.equal(code, 1)
    assert.match(err, /no service mysql; there are: postgres, redis, pgbouncer, s3, gcs, azure/)
  })
})
