import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, it } from 'vitest'
import type { Id } from '../core/id.ts'
import { FakeClock, failure } from '../fs/store.test-fixture.ts'
import { heartbeatKey, leaseKey } from '../metadata/keyspace.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { FaultPlan } from '../testing/fault-plan.ts'
import { FaultyStore } from '../testing/faulty-backend.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { ProcessLease } from './process-lease.ts'

async function rows(store: MetadataStore): Promise<number> {
  const { scan } = await store.read({ scan: ['p', 'b'].map((group) => ({ group: Buffer.from(group), limit: 100 })) })
  return scan.reduce((sum, { entries }) => sum + entries.length, 0)
}

async function opened(): Promise<{ store: FaultyStore; lease: ProcessLease; plan: FaultPlan; clock: FakeClock }> {
  const plan = new FaultPlan(seededRandom(1))
  const store = new FaultyStore(await MemoryStore.open(), plan)
  const clock = new FakeClock()
  return { store, plan, clock, lease: new ProcessLease(store, clock, seededRandom(2)) }
}

async function holds(store: MetadataStore, lease: ProcessLease, process: Id): Promise<boolean> {
  const commit = {
    expect: [lease.expectation(process)],
    writes: [{ kind: 'put', key: { group: Buffer.from('x'), item: Buffer.of(1) }, value: Buffer.of(1) }],
  } as const
  return (await store.commit([commit]))[0]?.status === 'committed'
}

describe('the lease of a process', () => {
  it('is taken once, by whoever asks first, and not before', async () => {
    const { store, lease } = await opened()
    assert.equal(await rows(store), 0)
    const ids = await Promise.all([lease.hold(), lease.hold(), lease.hold()])
    assert.equal(new Set(ids).size, 1)
    assert.equal(await rows(store), 2)
    assert.ok(await holds(store, lease, ids[0]))
    await lease.close()
  })

  it('is given back at close, and was never taken by who did not need it', async () => {
    const { store, lease } = await opened()
    const process = await lease.hold()
    await lease.close()
    assert.equal(await rows(store), 0)
    assert.equal(await holds(store, lease, process), false)
    const unused = await opened()
    await unused.lease.close()
    assert.equal(await unused.store.horizon(), 0)
  })

  it('that another process has ended is taken anew, under another id', async () => {
    const { store, lease } = await opened()
    const first = await lease.hold()
    await store.commit([
      {
        expect: [],
        writes: [
          { kind: 'delete', key: leaseKey(first) },
          { kind: 'delete', key: heartbeatKey(first) },
        ],
      },
    ])
    assert.equal(await holds(store, lease, first), false)
    lease.lost(first)
    await Promise.resolve()
    const second = await lease.hold()
    assert.notEqual(second, first)
    assert.ok(await holds(store, lease, second))
    lease.lost(first)
    await Promise.resolve()
    assert.equal(await lease.hold(), second)
    await lease.close()
  })

  it('may be lost while another is being taken in vain', async () => {
    const { plan, lease } = await opened()
    const first = await lease.hold()
    lease.lost(first)
    await Promise.resolve()
    plan.add({ method: 'commit', mode: { kind: 'before' }, when: { nth: 1 } })
    const taking = failure(() => lease.hold())
    lease.lost(first)
    assert.equal((await taking).code, 'Unavailable')
    // A rejection that nobody handles would end the process about now.
    await nextTurn()
  })

  it('whose taking failed is tried again by the next who asks', async () => {
    const { plan, lease } = await opened()
    plan.add({ method: 'commit', mode: { kind: 'before', code: 'NoSpace' }, when: { nth: 1 } })
    assert.equal((await failure(() => lease.hold())).code, 'NoSpace')
    await lease.hold()
    await lease.close()
  })

  it('never is an id whose reply was lost', async () => {
    for (const mode of [{ kind: 'after' }, { kind: 'late', delayMs: 10 }] as const) {
      const { store, plan, lease } = await opened()
      plan.add({ method: 'commit', mode, when: { nth: 1 } })
      const process = await lease.hold()
      await store.settled()
      const { scan } = await store.read({ scan: [{ group: leaseKey(process).group, limit: 10 }] })
      assert.equal(scan[0]?.entries.length, 2)
      assert.ok(await holds(store, lease, process))
      await lease.close()
    }
  })

  it('is given up after 30 s without a reply, and nothing was written', async () => {
    const { plan, clock, lease } = await opened()
    const started = clock.monotonic()
    plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 1, repeats: true } })
    const error = await failure(() => lease.hold())
    assert.deepEqual([error.code, error.retry, error.outcome], ['Unavailable', 'exhausted', 'none'])
    assert.ok(clock.monotonic() - started < 32_000)
  })
})
