// Guards: content/content-store.ts, content/incoming-content.ts, content/process-lease.ts

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type FaultMode, FaultPlan } from '../testing/fault-plan.ts'
import { FaultyBackend } from '../testing/faulty-backend.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import type { NexusFS } from './nexus-fs.ts'
import {
  all,
  failure,
  fresh,
  isStorageRemote,
  localFixture,
  memoryFixture,
  orphans,
  type StoreFixture,
  storeFixtures,
} from './store.test-fixture.ts'

/** Above and below the size from which content is stored while it is hashed. */
const [small, large, older] = [fresh(3000), fresh(600_000), fresh(2000)]

let source = ''

beforeAll(async () => {
  source = await mkdtemp(join(tmpdir(), 'nexus-source-'))
  await mkdir(join(source, 'sub'))
  await writeFile(join(source, 'a'), small)
  await writeFile(join(source, 'sub', 'b'), large)
})
afterAll(() => rm(source, { recursive: true, force: true }))

const operations: Readonly<Record<string, (fs: NexusFS) => Promise<unknown>>> = {
  'write of a small file': (fs) => fs.write('/file', small),
  'write of a large file': (fs) => fs.write('/file', large),
  append: (fs) => fs.append('/file', large),
  writeBatch: (fs) =>
    fs.writeBatch([
      { path: '/file', content: small },
      { path: '/other', content: large },
      { path: '/same', content: small },
    ]),
  copy: (fs) => fs.copy('/file', '/copy', { overwrite: true }),
  rollback: (fs) => fs.rollback('/file', 1),
  read: (fs) => fs.read('/file'),
  'read of an old version': (fs) => fs.read('/file', { version: 1 }),
  importTree: (fs) => fs.importTree(source, '/'),
}

async function opened(fixture: StoreFixture, plan: FaultPlan): Promise<NexusFS> {
  return fixture.open({
    inlineBytes: 0,
    cacheBytes: 0,
    overStorage: (backend) => new FaultyBackend(backend, plan),
  })
}

/** What stands where, by content; the version history of the file. */
async function state(fixture: StoreFixture): Promise<string> {
  const fs = await fixture.open()
  const lines = []
  for (const entry of await all(fs.walk('/'))) {
    if (entry.kind === 'directory') lines.push(entry.path)
    else lines.push(`${entry.path} ${(await all(fs.versions(entry.path))).map(({ digest }) => digest).join()}`)
    if (entry.kind === 'file') await fs.read(entry.path)
  }
  return lines.join('\n')
}

async function prepare(fs: NexusFS): Promise<void> {
  await fs.write('/file', older)
  await fs.write('/file', fresh(2500))
}

/** Makes the n-th call of the storage backend fail, for n = 1, 2, ... until there is no such call. */
async function failEach(
  makeFixture: () => Promise<StoreFixture>,
  run: (fs: NexusFS) => Promise<unknown>,
  mode: FaultMode,
  repeats: boolean,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    await using fixture = await makeFixture()
    const plan = new FaultPlan(seededRandom(nth))
    const fs = await opened(fixture, plan)
    await prepare(fs)
    const before = await state(fixture)
    const fault = plan.add({ method: '*', mode, when: { nth, repeats } })
    const outcome = await run(fs).then(
      () => 'done',
      (error: unknown) => error,
    )
    const didFail = outcome !== 'done'
    const hits = fault.hits
    fault.cancel()
    if (didFail) {
      const { code } = await failure(() => Promise.reject(outcome))
      assert.ok(['Unavailable', 'NoSpace'].includes(code), String(outcome))
      assert.equal(await state(fixture), before)
    }
    await fs.close()
    if (!repeats) assert.deepEqual(await orphans(fixture), [], `call ${nth}`)
    const again = await opened(fixture, plan)
    await run(again)
    await again.close()
    if (hits === 0) return nth - 1
  }
}

for (const [combination, makeFixture] of Object.entries(storeFixtures)) {
  describe(`the n-th call of the storage backend fails, on ${combination}`, () => {
    const isLocal = makeFixture === localFixture
    for (const [name, run] of Object.entries(operations)) {
      if (isLocal && !/small|large|Batch|import/.test(name)) continue
      it(`${name}: a typed error, the tree as it was, no blob left, and it works afterwards`, async () => {
        const modes: FaultMode[] = isLocal ? [{ kind: 'before', code: 'NoSpace' }] : [{ kind: 'before' }, { kind: 'after' }]
        for (const mode of modes) {
          for (const repeats of [false, true]) {
            const calls = await failEach(makeFixture, run, mode, repeats)
            assert.ok(calls > 0 || name === 'copy' || name === 'rollback', `${name} made no call of the storage backend`)
          }
        }
      })
    }
  })
}

describe('a write that failed in the storage backend', () => {
  it('leaves no temporary file', async () => {
    for (const content of [small, large]) {
      await using fixture = await localFixture()
      const plan = new FaultPlan(seededRandom(1))
      const fs = await opened(fixture, plan)
      for (const method of ['put', 'publish', 'stage']) {
        plan.clear()
        plan.add({ method, mode: { kind: 'before' }, when: { nth: 1 } })
        await fs.write('/file', content).catch(() => undefined)
      }
      await fs.close()
      if (!isStorageRemote) assert.deepEqual(await readdir(join(fixture.folder, 'tmp')), [])
      assert.deepEqual(await orphans(fixture), [])
    }
  })

  it('that applies a put after it said it failed, leaves a blob that no row names, and every file readable', async () => {
    await using fixture = await memoryFixture()
    const plan = new FaultPlan(seededRandom(1))
    const backends: FaultyBackend[] = []
    const fs = await fixture.open({
      inlineBytes: 0,
      overStorage: (backend) => {
        const over = new FaultyBackend(backend, plan)
        backends.push(over)
        return over
      },
    })
    await prepare(fs)
    plan.add({ method: 'put', mode: { kind: 'late', delayMs: 30 }, when: { nth: 1 } })
    assert.equal((await failure(() => fs.write('/file', small))).code, 'Unavailable')
    for (const each of backends) await each.settled()
    assert.equal((await orphans(fixture)).length, 1)
    assert.equal((await all(fs.versions('/file'))).length, 2)
    await fs.write('/file', small)
    assert.deepEqual(await fs.read('/file'), small)
  })

  it('because the caller cancelled it, leaves no blob', async () => {
    await using fixture = await memoryFixture()
    const plan = new FaultPlan(seededRandom(1))
    const fs = await opened(fixture, plan)
    await prepare(fs)
    const controller = new AbortController()
    const writing = fs.write('/file', small, { signal: controller.signal })
    controller.abort()
    assert.equal((await failure(() => writing)).code, 'Aborted')
    await fs.close()
    assert.deepEqual(await orphans(fixture), [])
  })
})
