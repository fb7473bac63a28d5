import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { loadRegistry, type Registry } from '../library.ts'
import { allWorkloads } from '../workloads/catalogue.ts'
import { workloadId } from '../workloads/workload.ts'
import { combinationsOf, referencesOf } from './combination.ts'
import { probeCombinations } from './probe.ts'

const registry = await loadRegistry({ config: false, env: {} })
const adapter = registry.metadata.sqlite

describe('combinationsOf', () => {
  const combinations = combinationsOf(registry)
  const find = (id: string) => combinations.find((combination) => combination.id === id)

  it('has the baselines, and local-sqlite in both classes', () => {
    assert.deepEqual([find('local_fs')?.durability, find('local_fs+fsync')?.durability], ['os', 'disk'])
    assert.deepEqual([find('local-sqlite')?.durability, find('local-sqlite:os')?.durability], ['disk', 'os'])
    assert.ok(find('local-sqlite')?.isDefault)
  })

  it('compares each with the baseline of its class', () => {
    assert.equal(find('local-sqlite')?.reference, 'local_fs+fsync')
    assert.equal(find('local-sqlite:os')?.reference, 'local_fs')
    assert.equal(find('memory-memory')?.reference, 'local_fs')
  })

  it('has every storage with every metadata store, half-in-memory ones on request only', () => {
    for (const storage of Object.keys(registry.storages)) {
      for (const metadata of Object.keys(registry.metadata)) assert.ok(find(`${storage}-${metadata}`))
    }
    assert.equal(find('local-memory')?.isDefault, false)
    assert.equal(find('memory-memory')?.isDefault, true)
  })

  it('passes on why a combination is skipped', () => {
    const gate = { status: 'skipped', reason: 'set ACME_URL' } as const
    const combos = registry.combos.map((combo) => (combo.id === 'local-sqlite' ? { ...combo, gate } : combo))
    const skipped = combinationsOf({ ...registry, combos }).find(({ id }) => id === 'local-sqlite')
    assert.deepEqual(skipped?.status, gate)
  })
})

describe('referencesOf', () => {
  const all = combinationsOf(registry)
  const referencesIn = (id: string, workload: string) => {
    const combination = all.find((candidate) => candidate.id === id)
    const found = allWorkloads.find((candidate) => workloadId(candidate) === workload)
    assert.ok(combination !== undefined && found !== undefined)
    return referencesOf(combination, found)
  }

  it('compares overwrites with the baseline that replaces the file, and then with the one that truncates it', () => {
    const overwrite = 'throughput/write[size=1KiB]'
    assert.deepEqual(referencesIn('local-sqlite', overwrite), ['local_fs+atomic', 'local_fs+fsync'])
    assert.deepEqual(referencesIn('local-sqlite:os', overwrite), ['local_fs+atomic:os', 'local_fs'])
    assert.deepEqual(referencesIn('local_fs+atomic', overwrite), ['local_fs+fsync'])
    assert.deepEqual(referencesIn('local-sqlite', 'concurrency/write-same-file'), ['local_fs+atomic', 'local_fs+fsync'])
  })

  it('compares all else with the baseline of the class, which is compared with nothing', () => {
    assert.deepEqual(referencesIn('local-sqlite', 'small/write[n=100,size=1KiB]'), ['local_fs+fsync'])
    assert.deepEqual(referencesIn('local_fs', 'throughput/write[size=1KiB]'), [])
  })
})

describe('probeCombinations', () => {
  const probed = async (probe: NonNullable<Registry['metadata'][string]['probe']>) => {
    assert.ok(adapter !== undefined)
    const changed = { ...registry, metadata: { ...registry.metadata, sqlite: { ...adapter, probe } } }
    return probeCombinations(combinationsOf(changed), changed, {})
  }
  const statusOf = async (probe: NonNullable<Registry['metadata'][string]['probe']>, id = 'local-sqlite') =>
    (await probed(probe)).find((combination) => combination.id === id)?.status

  it('asks each service once', async () => {
    let calls = 0
    await probed(async () => {
      calls += 1
      return { ok: true, detail: 'fine' }
    })
    assert.equal(calls, 1)
  })

  it('fails a combination with what the server said', async () => {
    const status = await statusOf(async () => ({ ok: false, detail: 'bucket "b" 403' }))
    assert.deepEqual(status, { status: 'failed', reason: 'probe: bucket "b" 403' })
    const thrown = await statusOf(() => Promise.reject(new Error('connection refused')))
    assert.deepEqual(thrown, { status: 'failed', reason: 'probe: connection refused' })
    const caused = await statusOf(async () => {
      throw new TypeError('fetch failed', { cause: new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:9')]) })
    })
    assert.deepEqual(caused, { status: 'failed', reason: 'probe: fetch failed: connect ECONNREFUSED 127.0.0.1:9' })
  })

  it('says what answered, and lowers the class to what the service is set to keep', async () => {
    const combinations = await probed(async () => ({ ok: true, detail: 'acme 2.1', rttMs: 0.25, durability: 'os' }))
    const found = combinations.find(({ id }) => id === 'local-sqlite')
    assert.deepEqual(found?.status, { status: 'ready', detail: 'class os; acme 2.1; 0.25 ms away' })
    assert.deepEqual([found?.durability, found?.reference], ['os', 'local_fs'])
    const memory = combinations.find(({ id }) => id === 'memory-sqlite')
    assert.equal(memory?.durability, 'none')
  })

  it('leaves the others ready', async () => {
    const status = await statusOf(async () => ({ ok: false, detail: 'no' }), 'memory-memory')
    assert.equal(status?.status, 'ready')
  })
})
