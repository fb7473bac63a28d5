// Guards: fs/commit/committer.ts, fs/commit/mutation.ts, fs/operations/*.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { FaultPlan } from '../testing/fault-plan.ts'
import { FaultyBackend, FaultyStore } from '../testing/faulty-backend.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { type LocalFolders, makeLocalTree, prepareSamples, samples } from './operation-samples.test-fixture.ts'
import { FakeClock, failure, fresh, memoryFixture } from './store.test-fixture.ts'

let folder = ''
let local: LocalFolders

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-outcome-'))
  local = await makeLocalTree(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** An import is many commits; its errors say nothing of them as a whole. */
const changes = samples.filter(({ operation, mutates }) => mutates && operation !== 'importTree')

describe('what a call of every operation that commits says of its outcome', () => {
  for (const sample of changes) {
    it(`${sample.name}: none, where nothing was sent to be committed`, async () => {
      await using fixture = await memoryFixture()
      await prepareSamples(await fixture.open())
      const plan = new FaultPlan(seededRandom(1))
      const fs = await fixture.open({
        cacheBytes: 0,
        clock: new FakeClock(),
        overMetadata: (store) => new FaultyStore(store, plan),
        overStorage: (backend) => new FaultyBackend(backend, plan),
      })
      for (const mode of [{ kind: 'after' }, { kind: 'before', code: 'Timeout' }] as const) {
        const fault = plan.add({ method: 'read', mode, when: { nth: 1, repeats: true } })
        const { context, message } = await failure(() => sample.run(fs, {}, local))
        if (mode.kind === 'after') assert.equal(context.outcome, 'none', message)
        else assert.notEqual(context.outcome, 'unknown', message)
        fault.cancel()
      }
      const fired = await failure(() => sample.run(fs, { signal: AbortSignal.abort() }, local))
      assert.deepEqual([fired.code, fired.outcome], ['Aborted', 'none'])
      for (const method of ['read', 'stage', 'put']) {
        const fault = plan.add({ method, mode: { kind: 'hang' }, when: { nth: 1 } })
        const controller = new AbortController()
        const running = sample.run(fs, { signal: controller.signal }, local)
        setTimeout(() => controller.abort(), 20)
        const error = await failure(() => running).catch(() => undefined)
        fault.cancel()
        if (fault.hits === 0) break
        assert.deepEqual([error?.code, error?.outcome], ['Aborted', 'none'], method)
      }
    })
  }

  it('append and edit: none, while they wait for their turn', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const never = new AbortController()
    const stuck = failure(() => fs.edit('/a', () => new Promise<string>(() => undefined), { signal: never.signal }))
    for (const call of ['append', 'edit'] as const) {
      const controller = new AbortController()
      const waiting = failure(() =>
        call === 'edit'
          ? fs.edit('/a', () => 'x', { signal: controller.signal })
          : fs.append('/a', fresh(10), { signal: controller.signal }),
      )
      controller.abort()
      const error = await waiting
      assert.deepEqual([error.code, error.outcome], ['Aborted', 'none'])
    }
    never.abort()
    await stuck
  })
})
