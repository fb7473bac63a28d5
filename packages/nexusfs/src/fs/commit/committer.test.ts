import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { readUint64 } from '../../core/bytes.ts'
import { systemClock } from '../../core/system.ts'
import { timeKey } from '../../metadata/keyspace.ts'
import { MemoryStore } from '../../metadata-stores/memory/memory-store.ts'
import { FaultPlan } from '../../testing/fault-plan.ts'
import { FaultyStore } from '../../testing/faulty-store.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import { FakeClock, failure, RecordingStore } from '../test-place.test-fixture.ts'
import { CommitDraft } from './commit-draft.ts'
import { Committer, type CommitWords } from './committer.ts'

const key = (name: string): { group: Uint8Array; item: Uint8Array } => ({ group: Buffer.from('d/test'), item: Buffer.from(name) })

/** A draft that puts a key which must not be there. */
function creating(name: string): CommitDraft {
  const draft = new CommitDraft()
  const at = key(name)
  draft.expect({ kind: 'absent', key: at })
  draft.put(at, Uint8Array.of(1))
  return draft
}

async function opened(): Promise<{ store: RecordingStore; committer: Committer; seconds(): Promise<number[]> }> {
  const store = new RecordingStore(await MemoryStore.open())
  const committer = new Committer(store, systemClock, seededRandom(1), await store.horizon())
  const seconds = async (): Promise<number[]> => {
    const { scan } = await store.read({ scan: [{ group: timeKey(0).group, limit: 100 }] })
    return scan[0]?.entries.map(({ key }) => readUint64(key.item)) ?? []
  }
  return { store, committer, seconds }
}

const words = (time: number): CommitWords => ({ author: 'ann', reason: undefined, time, signal: undefined })

describe('the mark of a second', () => {
  it('is left by the first commit in each second', async () => {
    const { committer, seconds } = await opened()
    for (const time of [5000, 5001, 5999, 6000, 9500]) {
      assert.equal((await committer.commit(creating(String(time)), words(time))).status, 'committed')
    }
    assert.deepEqual(await seconds(), [5, 6, 9])
  })

  it('is left by the next commit if the first was not applied', async () => {
    const { committer, seconds } = await opened()
    await committer.commit(creating('a'), words(5000))
    assert.equal((await committer.commit(creating('a'), words(6000))).status, 'conflict')
    await committer.commit(creating('b'), words(6100))
    assert.deepEqual(await seconds(), [5, 6])
  })

  it('never runs backwards', async () => {
    const { store, committer, seconds } = await opened()
    await committer.commit(creating('a'), words(9000))
    await committer.commit(creating('b'), words(3000))
    assert.deepEqual(await seconds(), [9])
    const times = store.commits.flatMap(({ writes }) =>
      writes.map((write) => (write.kind === 'put' ? Buffer.from(write.value).toString() : '')),
    )
    assert.equal(times.filter((text) => text.includes('"t":9000')).length, 2)
  })
})

describe('a commit whose reply is lost', () => {
  it('is given up at once where its barrier is refused for good', async () => {
    for (const code of ['ReadOnly', 'Corrupt', 'Closed'] as const) {
      const plan = new FaultPlan(seededRandom(1))
      const clock = new FakeClock()
      const store = new FaultyStore(await MemoryStore.open(), plan)
      const committer = new Committer(store, clock, seededRandom(1), await store.horizon())
      plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 1 } })
      plan.add({ method: 'commit', mode: { kind: 'before', code }, when: { nth: 2, repeats: true } })
      const began = clock.monotonic()
      const error = await failure(() => committer.commit(creating('a'), words(5000)))
      assert.deepEqual([error.code, error.outcome], [code, 'unknown'])
      assert.equal(clock.monotonic(), began)
    }
  })
})
