import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { fakeCombination, fakeFloor } from '../testing/fake-combination.ts'
import { allWorkloads } from '../workloads/catalogue.ts'
import { workloadId } from '../workloads/workload.ts'
import { planRun, type SelectionRequest } from './plan-run.ts'

const combinations = [
  fakeCombination('local_fs', 'os'),
  fakeCombination('local_fs+fsync', 'disk'),
  fakeCombination('local_fs+atomic', 'disk', { isDefault: false, isAtomic: true }),
  fakeCombination('local_fs+atomic:os', 'os', { isDefault: false, isAtomic: true }),
  fakeCombination('local-sqlite', 'disk'),
  fakeCombination('local-sqlite:os', 'os'),
  fakeCombination('local-memory', 'none', { isDefault: false }),
  fakeCombination('local-postgres', 'disk', { status: { status: 'skipped', reason: 'set NEXUS_DATABASE_URL' } }),
  fakeCombination('local-redis', 'os', { metadata: 'redis', isDefault: false }),
  fakeFloor('bare-redis', 'os', { floor: 'bare', metadata: 'redis' }),
  fakeFloor('sha256+commit', 'disk', { floor: 'commit', metadata: 'sqlite' }),
]

const everything: SelectionRequest = { preset: 'quick', words: [], keywords: undefined, combos: undefined, required: [] }

const plan = (request: Partial<SelectionRequest>) => planRun({ ...everything, ...request }, allWorkloads, combinations)
const combosOf = (request: Partial<SelectionRequest>) => plan(request).workloads[0]?.combinations.map(({ id }) => id)

describe('planRun', () => {
  it('takes the 33 quick workloads and the default combinations that are ready', () => {
    const { workloads, skips } = plan({})
    assert.equal(workloads.length, 33)
    const baselines = ['local_fs', 'local_fs+fsync', 'local_fs+atomic', 'local_fs+atomic:os']
    assert.deepEqual(combosOf({}), [...baselines, 'local-sqlite', 'local-sqlite:os'])
    assert.deepEqual(skips, [{ what: 'local-postgres', reason: 'set NEXUS_DATABASE_URL' }])
  })

  it('adds the baseline of the class of each chosen combination, and only that', () => {
    const words = ['small/write']
    assert.deepEqual(combosOf({ words, combos: ['local-sqlite'] }), ['local_fs+fsync', 'local-sqlite'])
    assert.deepEqual(combosOf({ words, combos: ['local-memory'] }), ['local_fs', 'local-memory'])
  })

  it('adds for overwrites the baseline that replaces a file as a whole', () => {
    const words = ['throughput/write']
    assert.deepEqual(combosOf({ words, combos: ['local-sqlite'] }), ['local_fs+fsync', 'local_fs+atomic', 'local-sqlite'])
    assert.deepEqual(combosOf({ words, combos: ['local-memory'] }), ['local_fs', 'local_fs+atomic:os', 'local-memory'])
  })

  it('adds the bare server where the workload has it, if it is ready', () => {
    const words = ['servers/exists']
    assert.deepEqual(combosOf({ words, combos: ['local-redis'] }), ['local_fs', 'local-redis', 'bare-redis'])
    assert.deepEqual(combosOf({ words, combos: ['local-sqlite'] }), ['local_fs+fsync', 'local-sqlite'])
  })

  it('adds the floor of the class where the workload has one', () => {
    const words = ['targets/write-known']
    assert.deepEqual(combosOf({ words, combos: ['local-sqlite'] }), ['local_fs+fsync', 'local-sqlite', 'sha256+commit'])
  })

  it('selects by keywords on workload and combination together', () => {
    const { workloads } = plan({ keywords: 'throughput and local-sqlite:os and not 10mb' })
    assert.equal(workloads.length, 6)
    assert.deepEqual(
      workloads[0]?.combinations.map(({ id }) => id),
      ['local_fs', 'local_fs+atomic:os', 'local-sqlite:os'],
    )
    assert.ok(
      workloads.every(({ workload }) => !workloadId(workload).includes('10MiB')),
      'the old name of 10 MiB is known',
    )
  })

  it('selects the combination that an old node id names', () => {
    const words = ['test_throughput.py::TestWriteThroughput::test_write_1kb[local-sqlite]']
    assert.deepEqual(combosOf({ words }), ['local_fs+fsync', 'local_fs+atomic', 'local-sqlite'])
  })

  it('selects nothing with the names that are near', () => {
    const message = /nothing is selected: "postgresql" occurs nowhere \(near: /
    assert.throws(() => plan({ keywords: 'postgresql' }), { code: 'NotFound', message })
    assert.throws(() => plan({ combos: ['local-sqlit'] }), { code: 'NotFound', message: /near: local-sqlite/ })
    const unready = /no selected combination is ready; local-postgres: set NEXUS_DATABASE_URL/
    assert.throws(() => plan({ combos: ['local-postgres'] }), { code: 'NotFound', message: unready })
  })

  it('tells only of skips that the keywords asked for', () => {
    assert.deepEqual(plan({ keywords: 'local-sqlite' }).skips, [])
    assert.equal(plan({ keywords: 'throughput' }).skips.length, 1)
  })

  it('turns the skip of a required combination into an error', () => {
    const message = /local-postgres is required and skipped: set NEXUS_DATABASE_URL/
    assert.throws(() => plan({ required: ['local-postgres'] }), { code: 'Unavailable', message })
    assert.doesNotThrow(() => plan({ required: ['local-sqlite'] }))
  })

  it('has only the combinations of the goals in the preset targets', () => {
    const ids = plan({ preset: 'targets' }).workloads.flatMap((planned) => planned.combinations.map(({ id }) => id))
    const baselines = ['local_fs', 'local_fs+fsync', 'local_fs+atomic', 'local_fs+atomic:os']
    const servers = ['local-redis', 'bare-redis']
    assert.deepEqual(new Set(ids), new Set([...baselines, 'local-sqlite', 'local-sqlite:os', 'sha256+commit', ...servers]))
  })

  it('has each combination only where a goal is about it in the preset targets', () => {
    const { workloads } = plan({ preset: 'targets' })
    const combosIn = (id: string) =>
      workloads.find(({ workload }) => workloadId(workload) === id)?.combinations.map((combination) => combination.id)
    assert.deepEqual(combosIn('targets/remove[size=1KiB]'), ['local_fs+fsync', 'local-sqlite'])
    assert.deepEqual(combosIn('metadata/exists'), ['local_fs', 'local-sqlite:os'])
    assert.deepEqual(combosIn('servers/write[callers=10]'), ['local_fs', 'local-redis', 'bare-redis'])
  })

  it('has every workload of the goals in the preset targets', () => {
    const ids = plan({ preset: 'targets' }).workloads.map(({ workload }) => workloadId(workload))
    assert.ok(ids.includes('targets/list-stat[n=50]') && ids.includes('throughput/write[size=1KiB]'))
    assert.ok(!ids.includes('dedup/mixed'))
  })
})
