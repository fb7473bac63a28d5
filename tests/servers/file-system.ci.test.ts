// Guards: fs/**/*.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts, storage-backends/{s3,gcs,azure}/*.ts

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Redis } from 'ioredis'
import pg from 'pg'
import { describe, it } from 'vitest'
import type { LaneReport } from '../../scripts/test-tier.ts'
import { requireOrSkip } from '../../services/require-or-skip.ts'
import { type ServerKind, sharedServer } from './server-fixtures.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]
const variables: Readonly<Record<ServerKind, string>> = { postgres: 'NEXUS_DATABASE_URL', redis: 'REDIS_URL' }
const vitest = join('node_modules', 'vitest', 'vitest.mjs')

/** What the server has done so far: transactions, or scripts. */
const workOf: Readonly<Record<ServerKind, (url: string) => Promise<number>>> = {
  postgres: async (url) => {
    const client = new pg.Client(url)
    await client.connect()
    const { rows } = await client.query('SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()')
    await client.end()
    return Number(rows[0].xact_commit)
  },
  redis: async (url) => {
    const client = new Redis(url)
    const stats = await client.info('commandstats')
    client.disconnect()
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  },
}

/** Many stores are open at the same time: each has one connection. */
function withFewConnections(kind: ServerKind, server: string): string {
  const url = new URL(server)
  if (kind === 'postgres') url.searchParams.set('pool_size', '1')
  return url.href
}

interface FileSystemRun {
  readonly env: Readonly<Record<string, string>>
  readonly tests: readonly string[]
}

async function runTests({ env, tests }: FileSystemRun): Promise<{ readonly report: LaneReport; readonly output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-fs-tests-'))
  const file = join(folder, 'report.json')
  const all = { ...process.env, ...env, NEXUS_TIER: 'fast', NEXUS_LANE_REPORT: file, NO_COLOR: '1' }
  try {
    const child = spawn(process.execPath, [vitest, 'run', '--maxWorkers=1', ...tests], { env: all })
    const [output] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    return { report: JSON.parse(await readFile(file, 'utf8')), output }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined).concurrent(`the file system's own tests, with their metadata in ${kind}`, () => {
    it('pass', async () => {
      const url = server?.url ?? ''
      const before = await workOf[kind](url)
      const env = { [variables[kind]]: withFewConnections(kind, url), NEXUS_TEST_METADATA: kind }
      const { report, output } = await runTests({ env, tests: ['packages/nexusfs/src/fs'] })
      const work = (await workOf[kind](url)) - before
      console.log(`${kind}: ${report.passed} passed, ${report.failed} failed; ${work} transactions or scripts`)
      assert.equal(report.failed, 0, output.slice(-10_000))
      assert.ok(report.passed > 150, `only ${report.passed} tests`)
      assert.ok(work > 5000, 'the tests ran elsewhere')
    })
  })
}

/** The tests of the file system that have blobs outside of memory. */
function testsWithBlobs(): readonly string[] {
  const tests = globSync('packages/nexusfs/src/fs/**/*.test.ts').filter((test) => !/\.(?:ci|full)\.test/.test(test))
  return tests.filter((test) => /\b(?:localFixture|sqliteFixture|storeFixtures)\b/.test(readFileSync(test, 'utf8')))
}

/** The variable that names the address of each service with buckets. */
const buckets: Readonly<Record<string, string>> = {
  s3: 'AWS_ENDPOINT_URL',
  gcs: 'STORAGE_EMULATOR_HOST',
  azure: 'AZURE_STORAGE_CONNECTION_STRING',
}

for (const [kind, variable] of Object.entries(buckets)) {
  const service = await requireOrSkip(kind)

  describe
    .skipIf(service === undefined)
    .concurrent(`the file system's own tests, with their blobs in ${kind} and their metadata in SQLite`, () => {
      it('pass', async () => {
        const address = service?.env[variable] ?? ''
        const origin = /https?:\/\/[^/;]+/.exec(address)?.[0] ?? ''
        const target = new URL(origin)
        let sent = 0
        const line = createServer((client) => {
          const server = connect(Number(target.port), target.hostname)
          client.on('data', (bytes) => {
            sent += bytes.length
          })
          pipeline(client, server, client, () => {})
        }).listen(0, '127.0.0.1')
        await once(line, 'listening')
        const listening = line.address()
        const port = typeof listening === 'object' && listening !== null ? listening.port : 0
        const through = address.replace(origin, `http://127.0.0.1:${port}`)
        const env = { ...service?.env, [variable]: through, NEXUS_TEST_STORAGE: kind }
        const { report, output } = await runTests({ env, tests: testsWithBlobs() })
        line.close()
        console.log(`${kind}: ${report.passed} passed, ${report.failed} failed; ${sent} bytes sent to the server`)
        assert.equal(report.failed, 0, output.slice(-10_000))
        assert.ok(report.passed > 120, `only ${report.passed} tests`)
        assert.ok(sent > 1_000_000, 'the tests ran elsewhere')
      })
    })
}
