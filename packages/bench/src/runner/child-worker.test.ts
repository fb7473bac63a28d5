import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Combination, combinationsOf } from '../combinations/combination.ts'
import { loadRegistry } from '../library.ts'
import { allWorkloads } from '../workloads/catalogue.ts'
import { workloadId } from '../workloads/workload.ts'
import { ChildWorker, type ChildWorkerOptions } from './child-worker.ts'
import { countFsyncs, whyUncounted } from './fsync-counter.ts'

const registry = await loadRegistry({ config: false, env: {} })
const reason = await whyUncounted()
let folder = ''
let locations = 0

beforeAll(async () => {
  folder = await mkdtemp(join(os.tmpdir(), 'nexus-child-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a child worker', () => {
  it('runs a workload in another process and leaves nothing behind', async () => {
    const worker = newWorker()
    const traits = await worker.begin(requestOf('memory-memory', 'metadata/exists'))
    assert.equal(traits.durability, 'none')
    assert.equal((await worker.round(3)).samplesNs.length, 3)
    assert.equal((await worker.finish()).iterations, 3)
    await worker.end()
    await worker.close()
    assert.deepEqual(await readdir(folder), [])
  })

  it('passes errors on with their code, and stays usable', async () => {
    const worker = newWorker()
    await assert.rejects(worker.begin(requestOf('memory-memory', 'no/such')), {
      code: 'NotFound',
      message: /no workload no\/such/,
    })
    await worker.begin(requestOf('memory-memory', 'metadata/exists'))
    await worker.end()
    await worker.close()
  })

  it('that gives no answer in time is ended', async () => {
    const worker = newWorker({ timeoutMs: 1 })
    await assert.rejects(worker.start(), { code: 'Timeout', message: /"start" gave no answer within 0.001 s/ })
    await worker.close()
  })

  it('that is killed has its location removed by another', async () => {
    const worker = newWorker()
    await worker.begin(requestOf('local-sqlite:os', 'metadata/exists'))
    assert.notDeepEqual(await readdir(folder), [])
    process.kill(worker.processId ?? assert.fail('it has no process'), 'SIGKILL')
    await assert.rejects(worker.round(1), { code: 'Unexpected', message: /its process ended in "round" \(SIGKILL\)/ })
    await worker.end()
    await worker.close()
    assert.deepEqual(await readdir(folder), [])
  })

  it('that cannot be started says so', async () => {
    const worker = newWorker({ cwd: join(folder, 'none') })
    await assert.rejects(worker.start(), { code: 'Unexpected', message: /its process cannot be used/ })
  })
})

describe.skipIf(reason !== undefined)(`counting fsyncs from outside ${reason ?? ''}`, () => {
  it.each([
    ['local_fs+fsync', 'targets/write-new[size=1KiB]', 2],
    ['local_fs+fsync', 'throughput/write[size=1KiB]', 1],
    ['local_fs', 'throughput/write[size=1KiB]', 0],
    ['memory-memory', 'throughput/write[size=1KiB]', 0],
  ])('finds for %s and %s %i of them, as its code says', async (combo, id, expected) => {
    assert.equal(await count(combo, id), expected)
  })

  it('finds at least one for each durable write of Nexus, and none in class os', async () => {
    assert.ok((await count('local-sqlite', 'throughput/write[size=1KiB]')) >= 1)
    assert.equal(await count('local-sqlite:os', 'throughput/write[size=1KiB]'), 0)
  })
})

async function count(combo: string, id: string): Promise<number> {
  const traceFile = join(folder, `trace-${locations}`)
  const worker = newWorker({ traceFile })
  const workload = allWorkloads.find((candidate) => workloadId(candidate) === id)
  assert.ok(workload !== undefined)
  try {
    return await countFsyncs(workload, requestOf(combo, id), worker, traceFile)
  } finally {
    await worker.close()
  }
}

function newWorker(options: Partial<ChildWorkerOptions> = {}): ChildWorker {
  return new ChildWorker({ cwd: os.tmpdir(), usesConfig: false, env: process.env, timeoutMs: 60_000, ...options })
}

function requestOf(combo: string, workload: string) {
  locations += 1
  return {
    combination: find(combo),
    workload,
    location: { namespace: `child-test-${locations}`, folder: join(folder, `location-${locations}`) },
    seed: 'seed',
  }
}

function find(id: string): Combination {
  const combination = combinationsOf(registry).find((candidate) => candidate.id === id)
  assert.ok(combination !== undefined)
  return combination
}
