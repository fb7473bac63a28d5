import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Subject } from '../acts/subject.ts'
import { writeOf } from '../acts/write.ts'
import { combinationsOf } from '../combinations/combination.ts'
import { loadRegistry } from '../library.ts'
import { WorkloadSession } from '../runner/workload-session.ts'
import { fakeWorkload } from '../testing/fake-workload.ts'
import { allWorkloads } from '../workloads/catalogue.ts'
import { type Workload, workloadId } from '../workloads/workload.ts'
import { openSubject } from './open-subject.ts'

const registry = await loadRegistry({ config: false, env: {} })
const combinations = combinationsOf(registry)
let folder = ''
let locations = 0

beforeAll(async () => {
  folder = await mkdtemp(join(os.tmpdir(), 'nexus-subjects-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each([
  'local_fs',
  'local_fs+fsync',
  'local_fs+atomic',
  'local_fs+atomic:os',
  'local-sqlite',
  'local-sqlite:os',
  'memory-memory',
])('%s', (id) => {
  it('passes a workload of overwrites, counts what it stores and leaves nothing behind', async () => {
    const subject = await open(id)
    const session = await WorkloadSession.begin(subject, fakeWorkload({ bytesPerOperation: 5000, acts: overwriteOf5000 }), 'seed')
    await session.round(4)
    const { storedBytes, logicalBytes } = await session.finish()
    assert.equal(logicalBytes, 20_000)
    assert.equal(storedBytes, subject.traits.keepsVersions ? 20_000 : 4900)
    await subject.dispose()
    assert.deepEqual(await readdir(folder), [])
  })
})

describe.each(['local_fs', 'memory-memory'])('%s', (id) => {
  const workloads = allWorkloads.filter(({ cold }) => cold === undefined)
  it.each(workloads.map((workload) => [workloadId(workload), workload] as const))('passes %s', (_, workload) =>
    pass(id, workload),
  )
})

it('the baselines count their fsyncs: one for a file, one more for a new name', async () => {
  const subject = await open('local_fs+fsync')
  await subject.preload([])
  await subject.write('/a', new Uint8Array(10), { isNew: true })
  assert.equal(subject.fsyncs(), 2)
  await subject.write('/a', new Uint8Array(10), { isNew: false })
  assert.equal(subject.fsyncs(), 3)
  await subject.dispose()
})

it('the atomic baseline syncs the file and the folder for each write, and leaves no temporary file', async () => {
  const subject = await open('local_fs+atomic')
  await subject.preload([])
  for (const isNew of [true, false]) await subject.write('/a', new Uint8Array(10), { isNew })
  assert.equal(subject.fsyncs(), 4)
  assert.deepEqual(await subject.list('/'), ['a'])
  assert.deepEqual([subject.traits.isAtomic, subject.traits.durability], [true, 'disk'])
  await subject.dispose()
})

it('a combination that opens in another class than it was asked for is refused', async () => {
  const [memory] = combinations.filter(({ id }) => id === 'memory-memory')
  assert.ok(memory !== undefined)
  const options = { location: nextLocation(), registry, env: {}, cacheBytes: undefined }
  await assert.rejects(openSubject({ ...memory, durability: 'disk' }, options), {
    code: 'Unsupported',
    message: /asked for class disk, it opened in class none/,
  })
})

it('the floor commits, finds its rows again, and reads nothing', async () => {
  const subject = await open('sha256+commit:os')
  const content = new Uint8Array(1000).fill(7)
  await subject.write('/a', content, { isNew: true })
  assert.ok(await subject.holds('/a', content))
  assert.ok(!(await subject.holds('/a', content.fill(8))))
  await assert.rejects(subject.read('/a'), { code: 'Unsupported' })
  await subject.dispose()
})

async function pass(id: string, workload: Workload): Promise<void> {
  const subject = await open(id)
  const session = await WorkloadSession.begin(subject, workload, 'seed')
  await session.round(1)
  await session.finish()
  await subject.dispose()
}

function open(id: string): Promise<Subject> {
  const combination = combinations.find((candidate) => candidate.id === id)
  assert.ok(combination !== undefined)
  return openSubject(combination, { location: nextLocation(), registry, env: {}, cacheBytes: undefined })
}

function nextLocation(): { namespace: string; folder: string } {
  locations += 1
  return { namespace: `subjects-test-${locations}`, folder: join(folder, `location-${locations}`) }
}

function overwriteOf5000(iteration: number) {
  return [writeOf('/file', `o${iteration}`, 5000)]
}
