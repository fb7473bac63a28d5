// Guards: fs/commit/file-writes.ts, fs/resolve/expect-path.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import { digestOf } from '../core/digest.ts'
import { all, failure, fresh, memoryFixture, RecordingStore } from './store.test-fixture.ts'

const [one, two, three] = [fresh(3000), fresh(3000), fresh(100)]
const [oneDigest, twoDigest] = [digestOf(one), digestOf(two)]

describe('a digest as precondition', () => {
  it('lets a write through if the file has that content, and no other', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/f', one)
    assert.equal((await failure(() => fs.write('/f', three, { ifMatch: { digest: twoDigest } }))).code, 'Conflict')
    assert.equal((await failure(() => fs.write('/none', three, { ifMatch: { digest: oneDigest } }))).code, 'Conflict')
    assert.equal((await fs.write('/f', two, { ifMatch: { digest: oneDigest } })).version, 2)
    assert.equal((await fs.append('/f', 'x', { ifMatch: { digest: twoDigest } })).version, 3)
    assert.equal((await failure(() => fs.append('/f', 'x', { ifMatch: { digest: twoDigest } }))).code, 'Conflict')
    assert.equal((await failure(() => fs.remove('/f', { ifMatch: { digest: twoDigest } }))).code, 'Conflict')
    assert.equal((await failure(() => fs.chmod('/f', 0o600, { ifMatch: { digest: twoDigest } }))).code, 'Conflict')
  })

  it('makes a write that is done already succeed without a version', async () => {
    await using fixture = await memoryFixture()
    const stores: RecordingStore[] = []
    const fs = await fixture.open({
      overMetadata: (store) => {
        stores.push(new RecordingStore(store))
        return stores.at(-1) ?? assert.fail()
      },
    })
    await fs.write('/f', one)
    const first = await fs.write('/f', two, { ifMatch: { digest: oneDigest } })
    for (const store of stores) store.forget()
    const again = await fs.write('/f', two, { ifMatch: { digest: oneDigest } })
    assert.deepEqual(again, first)
    assert.deepEqual(await fs.write('/f', two, { ifMatch: { digest: twoDigest } }), first)
    assert.equal(stores[0]?.commits.length, 0)
    assert.equal((await all(fs.versions('/f'))).length, 2)
    assert.equal((await fs.write('/f', two)).version, 3, 'without a digest, equal bytes make a version')
  })

  it('is not enough where something else is to change as well', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/f', one)
    await fs.write('/f', two)
    const digest = oneDigest
    assert.equal((await failure(() => fs.write('/f', two, { ifMatch: { digest }, mode: 0o600 }))).code, 'Conflict')
    assert.equal((await failure(() => fs.write('/f', two, { ifMatch: { digest }, executable: true }))).code, 'Conflict')
    assert.equal((await failure(() => fs.write('/f', two, { ifMatch: { digest }, modifiedAt: new Date(0) }))).code, 'Conflict')
    assert.equal((await fs.write('/f', two, { ifMatch: { digest }, mode: 0o644 })).version, 2)
    assert.equal((await fs.utimes('/f', { ifMatch: { digest: twoDigest } })).kind, 'file')
    assert.equal((await all(fs.versions('/f'))).length, 3)
  })

  it('works in batches, beside files that change, and for copies and rollbacks', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/f', one)
    await fs.write('/f', two)
    const [kept, made] = await fs.writeBatch([
      { path: '/f', content: two, ifMatch: { digest: oneDigest } },
      { path: '/g', content: three },
    ])
    assert.deepEqual([kept?.version, made?.version], [2, 1])
    const tiny = digestOf(utf8('tiny'))
    await fs.write('/tiny', 'tiny')
    for (let time = 0; time < 2; time++) {
      assert.equal((await fs.copy('/f', '/tiny', { version: 2, ifMatch: { digest: tiny } })).version, 2)
      assert.equal((await fs.rollback('/f', 1, { ifMatch: { digest: twoDigest } })).version, 3)
    }
  })
})
