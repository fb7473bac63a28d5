// Guards: fs/commit/commit-plan.ts, fs/commit/file-writes.ts, fs/operations/write.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { FaultPlan } from '../testing/fault-plan.ts'
import { FaultyBackend } from '../testing/faulty-backend.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { failure, fresh, memoryFixture, RecordingStore } from './store.test-fixture.ts'

describe('a batch of files in many directories', () => {
  it('works with 2,400 files in 2,400 directories that are there, five levels deep', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const writes = Array.from({ length: 2400 }, (_, i) => ({ path: `/t/${i}/a/b/c/file`, content: 'v1' }))
    for (let i = 0; i < 2400; i += 400) await fs.writeBatch(writes.slice(i, i + 400))
    assert.equal((await fs.writeBatch(writes)).at(-1)?.version, 2)
    const cold = await fixture.open()
    assert.equal((await cold.writeBatch(writes)).at(-1)?.version, 3)
  })

  it('whose missing directories do not fit is refused before any upload, and says what does not fit', async () => {
    await using fixture = await memoryFixture()
    const plan = new FaultPlan(seededRandom(1))
    const fs = await fixture.open({ inlineBytes: 0, overStorage: (backend) => new FaultyBackend(backend, plan) })
    const uploads = plan.add({ method: 'put', mode: { kind: 'before' }, when: { nth: 1, repeats: true } })
    const writes = Array.from({ length: 2400 }, (_, i) => ({ path: `/t/${i}/a/b/c/file`, content: fresh(200) }))
    const error = await failure(() => fs.writeBatch(writes))
    assert.equal(error.code, 'InvalidArgument')
    assert.match(
      error.message,
      /^2400 files do not fit into one commit: they need \d+ rows, with those of missing directories, of at most 10000/,
    )
    assert.equal(uploads.hits, 0)
    assert.equal(await fs.exists('/t'), false)
  })

  it('with long reasons works, or is refused in the same way', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const writes = (size: number): { path: string; content: Uint8Array }[] =>
      Array.from({ length: 2400 }, (_, i) => ({ path: `/d/${i}`, content: fresh(size) }))
    assert.equal((await fs.writeBatch(writes(3000), { reason: 'r'.repeat(4096) })).length, 2400)
    const error = await failure(() => fs.writeBatch(writes(200), { reason: '\u0001'.repeat(4096) }))
    assert.deepEqual([error.code, error.outcome], ['InvalidArgument', 'none'])
    assert.match(error.message, /bytes for their names, authors and reasons/)
  })

  it('is looked at in one read as long as it fits into one', async () => {
    await using fixture = await memoryFixture()
    const stores: RecordingStore[] = []
    const fs = await fixture.open({
      overMetadata: (store) => {
        const over = new RecordingStore(store)
        stores.push(over)
        return over
      },
    })
    await fs.mkdir('/d')
    await fs.stat('/d/x')
    for (const store of stores) store.forget()
    await fs.writeBatch(Array.from({ length: 2000 }, (_, i) => ({ path: `/d/${i}`, content: 'x' })))
    assert.deepEqual(
      stores.map(({ reads }) => reads.length),
      [1],
    )
  })
})
