import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { readUint64 } from '../../core/bytes.ts'
import { systemClock } from '../../core/system.ts'
import { timeKey } from '../../metadata/keyspace.ts'
import { MemoryStore } from '../../metadata-stores/memory/memory-store.ts'
import { FaultPlan } from '../../testing/fault-plan.ts'
import { FaultyStore } from '../../testing/faulty-backend.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import { FakeClock, failure, RecordingStore } from '../store.test-fixture.ts'
import { CommitPlan } from './commit-plan.ts'
import { Committer, type CommitWords } from './committer.ts'

const key = (name: string): { group: Uint8Array; item: Uint8Array } => ({ group: Buffer.from('d/test'), item: Buffer.from(name) })

/** A plan that puts a key which must not be there. */
function creating(name: string, time: number): CommitPlan {
  const plan = new CommitPlan(time)
  const at = key(name)
  plan.expect({ kind: 'absent', key: at })
  plan.put(at, Uint8Array.of(1))
  return plan
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

const words: CommitWords = { author: 'ann', reason: undefined, signal: undefined }

describe('the mark of a second', () => {
  it('is left by the first commit in each second', async () => {
    const { committer, seconds } = await opened()
    for (const time of [5000, 5001, 5999, 6000, 9500]) {
      assert.equal((await committer.commit(creating(String(time), time), words)).status, 'committed')
    }
    assert.deepEqual(await seconds(), [5, 6, 9])
  })

  it('is left by the next commit if the first was not applied', async () => {
    const { committer, seconds } = await opened()
    await committer.commit(creating('a', 5000), words)
    assert.equal((await committer.commit(creating('a', 6000), words)).status, 'conflict')
    await committer.commit(creating('b', 6100), words)
    assert.deepEqual(await seconds(), [5, 6])
  })

  it('never runs backwards', async () => {
    const { store, committer, seconds } = await opened()
    await committer.commit(creating('a', 9000), words)
    await committer.commit(creating('b', 3000), words)
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
      const error = await failure(() => committer.commit(creating('a', 5000), words))
      assert.deepEqual([error.code, error.outcome], [code, 'unknown'])
      assert.equal(clock.monotonic(), began)
    }
  })
})
