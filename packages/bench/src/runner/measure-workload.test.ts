import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { workloadResults } from '../results/workload-result.ts'
import { seededRandom } from '../statistics/seeded-random.ts'
import { fakeCombination } from '../testing/fake-combination.ts'
import { FakeClock, FakeWorker, type FakeWorkerOptions } from '../testing/fake-worker.ts'
import { fakeWorkload } from '../testing/fake-workload.ts'
import { newEntrant } from './entrant.ts'
import { type MeasureOptions, measureWorkload } from './measure-workload.ts'

const never = new AbortController().signal

describe('measureWorkload', () => {
  it('gives every combination its turn in each round, in changing order', async () => {
    const { log, rounds } = await measure({ deadline: 3000 })
    const measured = log.filter((line) => !line.endsWith('end')).slice(-3 * 4)
    for (let at = 0; at < measured.length; at += 3) {
      const turn = measured.slice(at, at + 3).map((line) => line.split(' ')[0])
      assert.deepEqual(turn.toSorted(), ['local-sqlite:os', 'local_fs', 'memory-memory'])
    }
    assert.ok(new Set(rounds.map((round) => round.place)).size > 1)
  })

  it('ends at its deadline, and after one round at least', async () => {
    const { clock, rounds } = await measure({ deadline: 2000 })
    assert.ok(clock.now() <= 2100, `${clock.now()}`)
    assert.ok(rounds.length > 5)
    assert.equal((await measure({ deadline: 0 })).rounds.length, 1)
  })

  it('has no more rounds than allowed', async () => {
    assert.equal((await measure({ deadline: 1e6, maximalRounds: 7 })).rounds.length, 7)
  })

  it('stops when every ratio is precise, from the twelfth round on', async () => {
    assert.equal((await measure({ deadline: 1e6, maximalRounds: 100 })).rounds.length, 12)
  })

  it('voids a combination that fails, and goes on with the others', async () => {
    const { results, log } = await measure({ deadline: 3000 }, { 'local-sqlite:os': { failsAt: 4 } })
    const [raw, nexus, memory] = results
    assert.deepEqual([raw?.status, nexus?.status, memory?.status], ['measured', 'void', 'measured'])
    assert.deepEqual(nexus?.problem, { kind: 'void', code: 'Corrupt', message: 'a byte is wrong' })
    assert.equal(nexus?.stats, undefined)
    assert.equal(log.filter((line) => line.endsWith(' end')).length, 3, 'every location is removed')
  })

  it('skips a combination that cannot take part', async () => {
    const { results } = await measure({ deadline: 2000 }, { 'memory-memory': { refusesToBegin: true } })
    assert.equal(results[2]?.status, 'skipped')
    assert.equal(results[2]?.problem?.message, 'it is not for this')
  })

  it('compares with the baseline, within a class and marked across classes', async () => {
    const { results } = await measure({ deadline: 3000 })
    const [, nexus, memory] = results
    assert.ok(Math.abs((nexus?.vs[0]?.ratio ?? 0) - 2) < 1e-9)
    assert.equal(nexus?.vs[0]?.isSameClass, true)
    assert.equal(memory?.vs[0]?.isSameClass, false)
  })

  it('begins no round once it is interrupted, and still removes its locations', async () => {
    const controller = new AbortController()
    const { rounds, log } = await measure({
      deadline: 1e6,
      signal: controller.signal,
      onRound: ({ done }) => done === 2 && controller.abort(),
    })
    assert.equal(rounds.length, 2)
    assert.equal(log.filter((line) => line.endsWith(' end')).length, 3)
  })
})

async function measure(options: Partial<MeasureOptions>, workers: Record<string, Partial<FakeWorkerOptions>> = {}) {
  const clock = new FakeClock()
  const log: string[] = []
  const costs = { local_fs: 1, 'local-sqlite:os': 2, 'memory-memory': 0.5 }
  const combinations = [fakeCombination('local_fs'), fakeCombination('local-sqlite:os'), fakeCombination('memory-memory', 'none')]
  const entrants = combinations.map((combination) => {
    const cost = Object.entries(costs).find(([id]) => id === combination.id)?.[1] ?? 1
    const settings = { clock, log, iterationMs: () => cost, setUpMs: 10, ...workers[combination.id] }
    return newEntrant(combination, new FakeWorker(settings))
  })
  await measureWorkload(fakeWorkload(), entrants, {
    seed: 'seed',
    random: seededRandom('seed'),
    now: clock.now,
    deadline: 1000,
    maximalRounds: 100,
    precision: 0.03,
    location: () => ({ namespace: 'n', folder: '/nowhere' }),
    signal: never,
    onRound: () => {},
    ...options,
  })
  const results = workloadResults(fakeWorkload(), entrants, 'seed')
  return { clock, log, results, rounds: results[0]?.rounds ?? [] }
}
