// Guards: packages/bench/src/**/*.ts

import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { ResultFile } from '../../packages/bench/src/index.ts'
import { runNexus, startNexus } from '../../packages/cli/src/testing/run-nexus.ts'
import { ownServer } from './server-fixtures.ts'

const [postgres, redis] = [await ownServer('postgres'), await ownServer('redis')]
const isComplete = postgres !== undefined && redis !== undefined
const servers = { NEXUS_DATABASE_URL: postgres?.url ?? '', REDIS_URL: redis?.url ?? '' }
const combinations = ['local-postgres', 'local-redis', 'memory-postgres']
const { PATH = '', HOME = '' } = process.env
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-bench-servers-'))
})
afterAll(async () => {
  await postgres?.stop()
  await redis?.stop()
  await rm(folder, { recursive: true, force: true })
})

type Environment = Readonly<Record<string, string>>

function bench(argv: readonly string[], env: Environment): Promise<{ code: number; stdout: string; stderr: string }> {
  return runNexus(['--no-config', 'bench', ...argv], { cwd: folder, env: { PATH, HOME, ...env } })
}

interface Listed {
  readonly id: string
  readonly status: string
  readonly detail: string
  readonly durability: string
}

async function listed(env: Environment): Promise<ReadonlyMap<string, Listed>> {
  const { stdout, code } = await bench(['list', 'combos', '--json'], env)
  assert.equal(code, 0)
  const rows: readonly Listed[] = JSON.parse(stdout)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Schemas and keys that a run left on the servers. */
async function leftOnServers(): Promise<readonly string[]> {
  const client = new pg.Client(servers.NEXUS_DATABASE_URL)
  await client.connect()
  const { rows } = await client.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'nexus%'")
  await client.end()
  const cache = new Redis(servers.REDIS_URL)
  const keys = await cache.keys('*')
  cache.disconnect()
  return [...rows.map((row: { nspname: string }) => row.nspname), ...keys]
}

describe.skipIf(!isComplete)('nexus bench list combos', () => {
  it('shows what answers as ready, and what no variable names as skipped', async () => {
    const here = await listed(servers)
    assert.match(
      here.get('local-postgres')?.detail ?? '',
      /^class disk; PostgreSQL \d+.*, synchronous_commit on; [\d.]+ ms away$/,
    )
    assert.match(here.get('local-redis')?.detail ?? '', /^class disk; Redis \d+\.\d+\.\d+, appendfsync always; [\d.]+ ms away$/)
    const nowhere = await listed({ NEXUS_DATABASE_URL: '', REDIS_URL: '' })
    const shown = combinations.map((id) => [nowhere.get(id)?.status, nowhere.get(id)?.detail])
    const advice = 'set NEXUS_DATABASE_URL or POSTGRES_URL'
    assert.deepEqual(shown, [
      ['skipped', advice],
      ['skipped', 'set REDIS_URL'],
      ['skipped', advice],
    ])
    assert.equal((await listed({ POSTGRES_URL: servers.NEXUS_DATABASE_URL })).get('local-postgres')?.status, 'ready')
  })

  it('shows what a server said that refuses, within 5 seconds and without the secret', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const wrong = new URL(servers.NEXUS_DATABASE_URL)
    wrong.password = 'wrong-secret'
    const cases: readonly [Environment, string, RegExp][] = [
      [{ NEXUS_DATABASE_URL: wrong.href }, 'local-postgres', /^probe: .*password/],
      [{ NEXUS_DATABASE_URL: 'postgres://me:wrong-secret@127.0.0.1:1/x' }, 'local-postgres', /^probe: .*ECONNREFUSED/],
      [{ NEXUS_DATABASE_URL: `postgres://me:wrong-secret@127.0.0.1:${port}/x` }, 'local-postgres', /^probe: /],
      [{ REDIS_URL: `redis://me:wrong-secret@127.0.0.1:${redis?.own.port}` }, 'local-redis', /^probe: .*password/],
      [{ REDIS_URL: `redis://me:wrong-secret@127.0.0.1:${port}` }, 'local-redis', /^probe: .*no connection within/],
      [{ REDIS_URL: 'wrong-secret' }, 'local-redis', /^probe: .*(not of the form|not a URL)/],
    ]
    try {
      for (const [env, id, detail] of cases) {
        const began = performance.now()
        const rows = await listed(env)
        const took = performance.now() - began
        const row = rows.get(id)
        assert.equal(row?.status, 'failed', `${id}: ${row?.detail}`)
        assert.match(row?.detail ?? '', detail)
        assert.equal(JSON.stringify([...rows]).includes('wrong-secret'), false, row?.detail)
        assert.ok(took < 5500, `${id} took ${took} ms`)
      }
    } finally {
      silent.close()
    }
  })

  it('never shows the value of a variable', async () => {
    const { stdout } = await bench(['list', 'env'], servers)
    assert.match(stdout, /NEXUS_DATABASE_URL +set +for postgres/)
    assert.equal(stdout.includes('127.0.0.1'), false)
  })
})

describe.skipIf(!isComplete)('nexus bench run', () => {
  it('runs all workloads on servers, each in a namespace of its own that is removed', async () => {
    // One round of each takes far less, but on a busy machine a thousand appends to PostgreSQL need their time.
    const options = ['--preset', 'all', '--combos', combinations.join(','), '--budget', '240s', '--rounds', '1']
    const { code, stderr } = await bench(['run', ...options, '--json', 'all.json'], servers)
    const file: ResultFile = JSON.parse(await readFile(join(folder, 'all.json'), 'utf8'))
    const voided = file.results.filter(({ status }) => status === 'void').map(({ id, problem }) => `${id}: ${problem?.message}`)
    assert.deepEqual(voided, [], stderr)
    assert.equal(code, 0, stderr)
    const { stdout } = await bench(['list', 'workloads', '--json'], servers)
    const workloads: readonly unknown[] = JSON.parse(stdout)
    for (const id of combinations) {
      const results = file.results.filter(({ combo }) => combo === id)
      assert.equal(results.length, workloads.length, `${id}: ${results.length} of ${workloads.length} workloads`)
      const unmeasured = results
        .filter(({ status }) => status !== 'measured')
        .map(({ id, problem }) => `${id}: ${problem?.message}`)
      // What is in memory cannot be read from a disk.
      const cold = id.startsWith('memory-') ? /could not be made cold/ : /^$/
      assert.ok(
        unmeasured.every((problem) => cold.test(problem)),
        unmeasured.join('\n'),
      )
    }
    const bare = file.results.filter(({ combo }) => combo.startsWith('bare-'))
    assert.equal(bare.length, 2 * file.results.filter(({ id }) => id.startsWith('servers/') && id.endsWith('local-redis')).length)
    assert.ok(
      bare.every(({ status }) => status === 'measured'),
      JSON.stringify(bare.map(({ problem }) => problem)),
    )
    assert.deepEqual(await leftOnServers(), [])
  })

  it('selects by a word, and takes a skip of what is required for an error', async () => {
    const options = ['metadata/exists', '-k', 'postgres', '--budget', '1s', '--rounds', '1', '--json', '-']
    const { stdout } = await bench(['run', ...options], servers)
    const file: ResultFile = JSON.parse(stdout)
    const nexus = file.results.map(({ combo }) => combo).filter((id) => !id.startsWith('local_fs'))
    assert.deepEqual(nexus, ['local-postgres'])
    const missing = await bench(['run', 'metadata/exists', '--require', 'local-redis'], {})
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /Unavailable: local-redis is required and skipped: set REDIS_URL/)
    const down = await bench(['run', 'metadata/exists', '--require', 'local-redis'], { REDIS_URL: 'redis://127.0.0.1:1' })
    assert.equal(down.code, 1)
    assert.match(down.stderr, /local-redis is required and failed: probe: .*ECONNREFUSED/)
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    it(`leaves nothing on the servers when it is ended by ${signal}`, async () => {
      const child = startRun()
      const [{ length } = []] = await Promise.all([presentOnServers(), once(child, 'spawn')])
      assert.ok(length > 0)
      child.kill(signal)
      await once(child, 'exit')
      for (const deadline = performance.now() + 15_000; performance.now() < deadline; ) {
        if ((await leftOnServers()).length === 0) break
        await sleep(50)
      }
      assert.deepEqual(await leftOnServers(), [])
    })
  }
})

/** A run in a process of its own, as from a shell. */
function startRun(): ChildProcess {
  const options = ['--combos', 'local-postgres,local-redis', '--budget', '60s', '--results', 'runs', '--dir', 'files']
  const child = startNexus(['bench', 'run', 'metadata', 'concurrency', ...options], { cwd: folder, env: servers })
  child.stdout?.resume()
  child.stderr?.resume()
  return child
}

async function presentOnServers(): Promise<readonly string[]> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(50)) {
    const present = await leftOnServers()
    if (present.some((name) => name.endsWith('state')) && present.some((name) => !name.includes(':'))) return present
  }
  return assert.fail('the run made nothing on the servers')
}
