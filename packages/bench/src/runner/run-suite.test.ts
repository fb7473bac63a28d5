import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { WorkloadResult } from '../results/result-file.ts'
import { fakeCombination } from '../testing/fake-combination.ts'
import { FakeClock, FakeWorker } from '../testing/fake-worker.ts'
import { seedWorkloads } from '../workloads/catalogue.ts'
import { workloadId } from '../workloads/workload.ts'
import { runSuite, type SuiteOptions } from './run-suite.ts'

const combinations = [
  fakeCombination('local_fs'),
  fakeCombination('local_fs+fsync', 'disk'),
  fakeCombination('local-sqlite', 'disk'),
  fakeCombination('local-sqlite:os'),
  fakeCombination('memory-memory', 'none'),
]
const quickBudgetMs = 100_000

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(os.tmpdir(), 'nexus-suite-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a quick run', () => {
  it.each([
    ['a fast machine', 0.1, 20],
    ['a slow disk', 60, 60],
    ['a machine that needs half a second for an iteration of anything', 400, 20],
  ])('ends within 120 s on %s, with every workload on every combination', async (_, iterationMs, setUpMs) => {
    const { clock, results, outcome } = await run({}, () => iterationMs, setUpMs)
    assert.ok(clock.now() < 120_000, `${clock.now()} ms`)
    assert.equal(results.length, 32 * combinations.length)
    assert.ok(results.every(({ status, rounds }) => status === 'measured' && rounds.length > 0))
    assert.deepEqual(outcome.skips, [])
  })

  it('gives the time that a workload leaves over to those behind it', async () => {
    const { results } = await run({}, (workload) => (workload.startsWith('cache') ? 40 : 0.001), 1)
    const roundsOf = (group: string) => results.find((result) => result.group === group)?.rounds.length ?? 0
    assert.ok(roundsOf('cache') > 6)
  })

  it('leaves out, by name, what it does not come to', async () => {
    const { outcome, results } = await run({}, () => 3_000, 1)
    assert.ok(outcome.skips.length > 0 && outcome.skips.every(({ reason }) => reason === 'the budget is spent'))
    assert.equal(results.length + outcome.skips.length * combinations.length, 32 * combinations.length)
  })
})

describe('a combination that claims to survive a power loss', () => {
  it('is void where its writes were acknowledged without one fsync, and only there', async () => {
    const { results } = await run(
      {
        newWorker: ({ id }) =>
          new FakeWorker({ clock: new FakeClock(), iterationMs: () => 1, fsyncs: id === 'local_fs+fsync' ? 1 : 0 }),
      },
      () => 1,
      1,
    )
    const voided = results.filter(({ status }) => status === 'void')
    assert.deepEqual(new Set(voided.map(({ combo }) => combo)), new Set(['local-sqlite']))
    assert.ok(voided.length >= 10 && voided.every(({ data }) => data !== 'none'))
    assert.match(voided[0]?.problem?.message ?? '', /^claims class disk, never synced/)
  })
})

describe('an interrupted run', () => {
  it('keeps what is measured, names the rest, closes its workers and removes its folder', async () => {
    const controller = new AbortController()
    const { results, outcome, log } = await run(
      {
        signal: controller.signal,
        onProgress: ({ number, roundsDone }) => number === 3 && roundsDone === 1 && controller.abort(),
      },
      () => 5,
      1,
    )
    assert.equal(new Set(results.map(({ workload }) => workload)).size, 3)
    assert.ok(results.every(({ status }) => status === 'measured'))
    assert.equal(outcome.skips.length, 29)
    assert.equal(log.filter((line) => line === 'close').length, combinations.length)
    assert.deepEqual(await readdir(folder), [])
  })
})

async function run(options: Partial<SuiteOptions>, iterationMs: (workload: string) => number, setUpMs: number) {
  const clock = new FakeClock()
  const log: string[] = []
  const results: WorkloadResult[] = []
  const outcome = await runSuite({
    plan: seedWorkloads.map((workload) => ({ workload, combinations })),
    seed: 'seed',
    budgetMs: quickBudgetMs,
    maximalRounds: 100,
    folder,
    newWorker: () => new FakeWorker({ clock, log, iterationMs, setUpMs }),
    now: clock.now,
    signal: new AbortController().signal,
    onProgress: () => {},
    onResults: async (more) => void results.push(...more),
    ...options,
  })
  assert.ok(results.every(({ workload }) => seedWorkloads.some((seed) => workloadId(seed) === workload)))
  return { clock, log, results, outcome }
}
