// Guards: content/content-store.ts, engine-kit/deadline.ts, fs/nexus-fs.ts, fs/operations/calls.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { FaultPlan } from '../testing/fault-plan.ts'
import { FaultyBackend, FaultyStore } from '../testing/faulty-backend.ts'
import { InterceptedStore } from '../testing/intercepted-store.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import type { NexusFS } from './nexus-fs.ts'
import { type LocalFolders, makeLocalTree, prepareSamples, samples } from './operation-samples.test-fixture.ts'
import { all, failure, fresh, memoryFixture, orphans, type StoreFixture } from './store.test-fixture.ts'

/** Stores in memory have no backup. */
const calls = samples.filter(({ operation }) => operation !== 'backup')

let folder = ''
let local: LocalFolders

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-signal-'))
  local = await makeLocalTree(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function prepare(fixture: StoreFixture): Promise<void> {
  const fs = await fixture.open({ inlineBytes: 0 })
  await prepareSamples(fs)
  await fs.close()
}

async function names(fs: NexusFS): Promise<string[]> {
  return (await all(fs.walk('/'))).map((entry) => `${entry.path} ${entry.kind === 'file' ? entry.version : ''}`)
}

describe('a signal', () => {
  it('that has fired already makes every call Aborted, and nothing is done', async () => {
    await using fixture = await memoryFixture()
    await prepare(fixture)
    const fs = await fixture.open({ inlineBytes: 0 })
    const before = await names(fs)
    const horizon = await (await fixture.metadata()).horizon()
    const reason = new Error('the user has left')
    for (const { name, run } of calls) {
      const error = await failure(() => run(fs, { signal: AbortSignal.abort(reason) }, local))
      assert.equal(error.code, 'Aborted', `${name}: ${error.message}`)
    }
    assert.deepEqual(await names(fs), before)
    assert.equal(await (await fixture.metadata()).horizon(), horizon)
    await fs.close()
    assert.deepEqual(await orphans(fixture), [])
  })

  it('that fires while a layer hangs ends every call soon, as Aborted', async () => {
    let hung = 0
    for (const { name, run } of calls) {
      for (const method of ['read', 'commit', 'get', 'put', 'stage', 'publish']) {
        await using fixture = await memoryFixture()
        await prepare(fixture)
        const plan = new FaultPlan(seededRandom(1))
        const fs = await fixture.open({
          inlineBytes: 0,
          cacheBytes: 0,
          overMetadata: (store) => new FaultyStore(store, plan),
          overStorage: (backend) => new FaultyBackend(backend, plan),
        })
        const fault = plan.add({ method, mode: { kind: 'hang' }, when: { nth: 1 } })
        const controller = new AbortController()
        const running = run(fs, { signal: controller.signal }, local).then(
          () => undefined,
          (error: unknown) => error,
        )
        const deadline = performance.now() + 200
        while (fault.hits === 0 && performance.now() < deadline && (await settledSoon(running)) === 'no');
        if (fault.hits === 0) continue
        hung++
        controller.abort()
        const error = await failure(async () => Promise.reject(await running))
        assert.equal(error.code, 'Aborted', `${name}, ${method} hangs: ${error.message}`)
        plan.clear()
        await fs.stat('/')
      }
    }
    assert.ok(hung >= 2 * calls.length, `only ${hung} calls met the layer that hangs`)
  })

  it('that fires after a commit began says that the outcome is unknown', async () => {
    await using fixture = await memoryFixture()
    const plan = new FaultPlan(seededRandom(1))
    const controller = new AbortController()
    const fs = await fixture.open({
      overMetadata: (store) =>
        new (class extends InterceptedStore {
          constructor() {
            super(store, async (call) => {
              const result = await call.run()
              if (call.method === 'commit' && plan.next('commit') !== undefined) {
                controller.abort()
                throw new Error('the reply was lost')
              }
              return result
            })
          }
        })(),
    })
    plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 2 } })
    await fs.write('/a', 'one')
    const error = await failure(() => fs.write('/a', fresh(500), { signal: controller.signal }))
    assert.deepEqual([error.code, error.outcome], ['Aborted', 'unknown'])
    assert.equal((await fs.read('/a')).length, 500)
  })

  it('that fires while a write waits for its turn ends it, and the write before goes on', async () => {
    await using fixture = await memoryFixture()
    const plan = new FaultPlan(seededRandom(1))
    const stores: FaultyStore[] = []
    const fs = await fixture.open({
      overMetadata: (store) => {
        const over = new FaultyStore(store, plan)
        stores.push(over)
        return over
      },
    })
    await fs.write('/a', 'before')
    for (const wait of [
      (signal: AbortSignal) => fs.write('/a', 'waiting', { signal }),
      (signal: AbortSignal) => fs.append('/a', 'waiting', { signal }),
    ]) {
      const first = new AbortController()
      plan.add({ method: 'commit', mode: { kind: 'hang' }, when: { nth: 1 } })
      const hanging = failure(() => fs.append('/a', 'first', { signal: first.signal }))
      const second = new AbortController()
      const waiting = failure(() => wait(second.signal))
      setTimeout(() => second.abort(), 10)
      assert.equal((await waiting).code, 'Aborted')
      first.abort()
      assert.equal((await hanging).code, 'Aborted')
      assert.equal(await fs.readText('/a'), 'before')
    }
  })

  it('that never fires leaves nothing behind in the signal', async () => {
    await using fixture = await memoryFixture()
    await prepare(fixture)
    const fs = await fixture.open()
    const controller = new AbortController()
    for (let n = 0; n < 50; n++) await fs.read('/d/file', { signal: controller.signal })
    await fs.write('/d/file', 'x', { signal: controller.signal })
    controller.abort()
    assert.equal(await fs.readText('/d/file'), 'x')
  })
})

describe('readers of one content', () => {
  it('of whom one leaves, leave the others what they wait for', async () => {
    await using fixture = await memoryFixture()
    await prepare(fixture)
    const plan = new FaultPlan(seededRandom(1))
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    const fs = await fixture.open({
      cacheBytes: 0,
      overStorage: (backend) => {
        const over = new FaultyBackend(backend, plan)
        const get = over.get.bind(over)
        over.get = async (...args) => {
          await opened
          return get(...args)
        }
        return over
      },
    })
    const controller = new AbortController()
    const leaving = failure(() => fs.read('/d/file', { signal: controller.signal }))
    const staying = fs.read('/d/file')
    setTimeout(() => controller.abort(), 5)
    assert.equal((await leaving).code, 'Aborted')
    open()
    assert.equal((await staying).length, 2500)
  })
})

async function settledSoon(work: Promise<unknown>): Promise<'yes' | 'no'> {
  const turn = new Promise<'no'>((resolve) => setTimeout(resolve, 1, 'no'))
  return Promise.race([work.then(() => 'yes' as const), turn])
}
