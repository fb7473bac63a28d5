// Guards: engine-kit/deadline.ts, fs/commit/mutation.ts, fs/operations/calls.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { FaultPlan } from '../testing/fault-plan.ts'
import { FaultyBackend, FaultyStore } from '../testing/faulty-backend.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { type LocalFolders, makeLocalTree, prepareSamples, samples } from './operation-samples.test-fixture.ts'
import { FakeClock, memoryFixture } from './store.test-fixture.ts'

let folder = ''
let local: LocalFolders

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-cancelled-'))
  local = await makeLocalTree(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const microtasks = 50

/** What reaches the process unhandled while the work runs, and until the loop has turned. */
async function unhandledDuring(work: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = []
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => unhandled.push(error))
  try {
    await work()
    for (let turn = 0; turn < 3; turn++) await nextTurn()
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const each of others) process.on('unhandledRejection', each)
  }
  return unhandled
}

describe('a call that is cancelled while everything below it fails', () => {
  for (const sample of samples) {
    it(`${sample.name}: rejects once, whenever the signal fires, and nothing else reaches the process`, async () => {
      await using fixture = await memoryFixture()
      const prepared = await fixture.open({ inlineBytes: 0 })
      await prepareSamples(prepared)
      await prepared.close()
      for (const method of ['*', 'get', 'stage', 'stat']) {
        const plan = new FaultPlan(seededRandom(1))
        const fs = await fixture.open({
          inlineBytes: 0,
          cacheBytes: 0,
          clock: new FakeClock(),
          overMetadata: (store) => new FaultyStore(store, plan),
          overStorage: (backend) => new FaultyBackend(backend, plan),
        })
        const unhandled = await unhandledDuring(async () => {
          for (let wait = 0; wait <= microtasks; wait++) {
            plan.clear()
            plan.add({
              method,
              mode: { kind: 'before', code: 'Corrupt' },
              when: { nth: method === '*' ? 1 + (wait % 4) : 1, repeats: true },
            })
            const controller = new AbortController()
            const call = sample.run(fs, { signal: controller.signal }, local).catch((error: unknown) => error)
            for (let step = 0; step < wait; step++) await undefined
            controller.abort()
            await call
          }
        })
        assert.deepEqual(unhandled, [], `${sample.name}, ${method} fails`)
        plan.clear()
        await fs.close()
      }
    })
  }

  it('edit: the change is not begun once the signal has fired', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const texts: string[] = []
    const unhandled = await unhandledDuring(async () => {
      let controller: AbortController | undefined
      const save = (text: string): Promise<unknown> => {
        controller?.abort()
        controller = new AbortController()
        const { signal } = controller
        const change = async (): Promise<string> => {
          signal.throwIfAborted()
          texts.push(text)
          return text
        }
        return fs.edit('/plan', change, { signal }).catch((error: unknown) => error)
      }
      await Promise.all([save('a'), save('ab'), save('abc')])
    })
    assert.deepEqual([unhandled, await fs.readText('/plan')], [[], 'abc'])
    assert.deepEqual(texts, ['abc'])
  })
})
