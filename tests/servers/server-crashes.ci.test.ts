// Guards: metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { isNexusError, type NexusFS } from 'nexusfs'
import pg from 'pg'
import { describe, it } from 'vitest'
import type { OwnServer } from '../../services/service.ts'
import { CommitWatch } from './commit-watch.ts'
import {
  ownServer,
  type ServerFixture,
  type ServerKind,
  type StoreSettings,
  serverFixture,
  sharedServer,
} from './server-fixtures.ts'
import { type HistoryReport, WrittenHistory } from './written-history.ts'

const postgres = await sharedServer('postgres')
const redis = await sharedServer('redis')
const writers = 4
/** A lost reply is looked after for 30 seconds; and a tenth. */
const longestMs = 33_000

interface FaultRun {
  readonly report: HistoryReport
  readonly watch: CommitWatch
  readonly fates: Awaited<ReturnType<CommitWatch['fates']>>
}

interface Faults extends StoreSettings {
  /** At least so often. */
  readonly times: number
  /** And until so many commits have lost their reply, and each moment was hit; at most four times as often. */
  readonly ambiguous?: number
  /** Makes it happen, and returns when the server can be reached again. */
  strike(): Promise<void>
}

/** Writers write without a pause, each in a directory of its own and all in a shared file, while faults strike. */
async function writeUnderFaults(
  fixture: ServerFixture,
  { times, ambiguous = 0, strike, ...settings }: Faults,
): Promise<FaultRun> {
  const watches: CommitWatch[] = []
  const overMetadata = (store: ConstructorParameters<typeof CommitWatch>[0]): CommitWatch => {
    const watch = new CommitWatch(store)
    watches.push(watch)
    return watch
  }
  const fs = await fixture.open({ ...settings, inlineBytes: 128, overMetadata })
  const [watch = assert.fail('no store was opened')] = watches
  const history = new WrittenHistory()
  let isOver = false
  const writing = Array.from({ length: writers }, (_, n) => keepWriting(fs, history, n, () => isOver))
  const isEnough = (): boolean => watch.ambiguous.size >= ambiguous && Math.min(...Object.values(watch.moments)) > 0
  for (let time = 0; time < times || (!isEnough() && time < 4 * times); time++) {
    await progress(history)
    await sleep(Math.random() * 10)
    watch.faultBegins()
    await strike()
    watch.faultEnds()
  }
  await progress(history)
  isOver = true
  await Promise.all(writing)
  const report = await history.check(await fixture.open(settings))
  return { report, watch, fates: await watch.fates() }
}

async function keepWriting(fs: NexusFS, history: WrittenHistory, n: number, isOver: () => boolean): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    await history.write(fs, i % 4 === 0 ? '/shared' : `/writer-${n}/${i % 3}`)
    await sleep(1)
  }
}

/** The writers have come back since the last fault. */
async function progress(history: WrittenHistory): Promise<void> {
  const before = history.acknowledged
  for (const deadline = performance.now() + 40_000; history.acknowledged < before + 2 * writers; ) {
    assert.deepEqual(history.violations, [])
    assert.ok(performance.now() < deadline, 'the writers hang')
    await sleep(2)
  }
}

function assertUnharmed(what: string, { report, watch, fates }: FaultRun): void {
  const { moments } = watch
  console.log(`${what}: hit ${JSON.stringify(moments)}; ambiguous commits ${JSON.stringify(fates)}; ${JSON.stringify(report)}`)
  assert.deepEqual(report.violations, [])
  assert.ok(report.slowestMs < longestMs, `a write took ${report.slowestMs} ms`)
  for (const [moment, hits] of Object.entries(moments)) assert.ok(hits > 0, `never hit ${moment} a commit`)
}

function crashing(own: OwnServer): () => Promise<void> {
  return async () => {
    await own.crash()
    await own.restart()
  }
}

async function withOwnServer(
  kind: ServerKind,
  settings: Readonly<Record<string, string>>,
  work: (fixture: ServerFixture, own: OwnServer) => Promise<void>,
): Promise<void> {
  const server = (await ownServer(kind, settings)) ?? assert.fail('it was here a moment ago')
  try {
    await using fixture = await serverFixture(kind, server.url)
    await work(fixture, server.own)
  } finally {
    await server.stop()
  }
}

describe.skipIf(postgres === undefined)('a PostgreSQL server', () => {
  it('that ends connections with pg_terminate_backend loses no acknowledged write', async () => {
    await using fixture = await serverFixture('postgres', postgres?.url ?? '')
    const admin = new pg.Client(postgres?.url ?? '')
    await admin.connect()
    const schema = new URL(fixture.url).searchParams.get('schema')
    const terminate = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE $1'
    const strike = async (): Promise<void> => {
      await admin.query(terminate, [`%${schema}%`])
    }
    const run = await writeUnderFaults(fixture, { times: 60, ambiguous: 50, strike })
    await admin.end()
    assertUnharmed('pg_terminate_backend', run)
    assert.ok(run.watch.ambiguous.size >= 50, `only ${run.watch.ambiguous.size} commits were ambiguous`)
  })

  it('that is stopped with "immediate" and started again loses no acknowledged write', () =>
    withOwnServer('postgres', {}, async (fixture, own) => {
      assertUnharmed('pg_ctl stop -m immediate', await writeUnderFaults(fixture, { times: 10, strike: crashing(own) }))
    }))

  it('that does not flush its log loses acknowledged writes, and this test sees it', () =>
    withOwnServer('postgres', { synchronous_commit: 'off', wal_writer_delay: '10000ms' }, async (fixture, own) => {
      const { report } = await writeUnderFaults(fixture, { times: 3, strike: crashing(own) })
      assert.match(report.violations.join('\n'), /was acknowledged and is lost|one write made|told version|by nobody/)
    }))
})

describe.skipIf(redis === undefined)('a Redis server', () => {
  // Without any fsync the log still survives the process; `redis-kills.ci.test.ts` looks at both in every tier.
  for (const appendfsync of process.env.NEXUS_TIER === 'full' ? ['always', 'no'] : ['always']) {
    it(`that is killed and started again on its log, with appendfsync ${appendfsync}, loses no acknowledged write`, () =>
      withOwnServer('redis', { appendfsync }, async (fixture, own) => {
        const run = await writeUnderFaults(fixture, { times: 30, ambiguous: 50, strike: crashing(own) })
        assertUnharmed(`kill -9, appendfsync ${appendfsync}`, run)
        assert.ok(run.watch.ambiguous.size >= 50, `only ${run.watch.ambiguous.size} commits were ambiguous`)
      }))
  }

  it('that has no log loses everything, and is refused from then on', () =>
    withOwnServer('redis', { appendonly: 'no' }, async (fixture, own) => {
      const fs = await fixture.open({ acceptDataLoss: true })
      await fs.write('/a', 'acknowledged')
      await own.crash()
      await own.restart()
      const rolledBack = (error: unknown): boolean => isNexusError(error, 'Corrupt') && error.context.reason === 'rolled back'
      await assert.rejects(fs.write('/a', 'more'), rolledBack)
      await assert.rejects(fixture.open({ acceptDataLoss: true }), rolledBack)
    }))
})
