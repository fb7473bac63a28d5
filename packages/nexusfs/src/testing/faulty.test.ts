// Guards: testing/fault-injector.ts, testing/fault-plan.ts, testing/faulty-backend.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import { isNexusError, type NexusError } from '../core/errors.ts'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { type FaultMode, FaultPlan } from './fault-plan.ts'
import { FaultyBackend, FaultyStore } from './faulty-backend.ts'
import { seededRandom } from './seeded-random.ts'

const key = { group: utf8('g'), item: utf8('item') }

describe('FaultyStore', () => {
  it('before: the call is refused, and nothing is applied', async () => {
    const { store, inner } = await faultyStore('commit', { kind: 'before' })
    const error = await failure(() => put(store))
    assert.deepEqual([error.code, error.retry, error.outcome], ['Unavailable', 'safe', 'none'])
    assert.equal(await inner.horizon(), 0)
  })

  it('before: with the code that is asked for', async () => {
    const { store } = await faultyStore('read', { kind: 'before', code: 'NoSpace' })
    assert.equal((await failure(() => store.read({}))).code, 'NoSpace')
  })

  it('after: the call is applied, and its outcome is unknown', async () => {
    const { store, inner } = await faultyStore('commit', { kind: 'after' })
    const error = await failure(() => put(store))
    assert.deepEqual([error.code, error.outcome], ['Unavailable', 'unknown'])
    assert.equal(await inner.horizon(), 1)
  })

  it('late: the call is applied after the error was returned, also if the caller has cancelled it by then', async () => {
    const { store, inner } = await faultyStore('commit', { kind: 'late', delayMs: 20 })
    const caller = new AbortController()
    const error = await failure(() => put(store, caller.signal))
    caller.abort()
    assert.equal(error.outcome, 'unknown')
    assert.equal(await inner.horizon(), 0, 'not yet')
    await store.settled()
    assert.equal(await inner.horizon(), 1)
  })

  it('late: close waits for what is still to be applied', async () => {
    const inner = await MemoryStore.open({ name: 'late-close' })
    const plan = planOf('commit', { kind: 'late', delayMs: 20 })
    const store = new FaultyStore(inner, plan)
    await failure(() => put(store))
    await store.close()
    assert.equal(await (await MemoryStore.open({ name: 'late-close' })).horizon(), 1)
    MemoryStore.drop('late-close')
  })

  it('hang: the call ends when the caller cancels it, and was never applied', async () => {
    const { store, inner } = await faultyStore('commit', { kind: 'hang' })
    const caller = new AbortController()
    setTimeout(() => caller.abort(), 10)
    assert.deepEqual(outcomeOf(await failure(() => put(store, caller.signal))), ['Aborted', 'unknown'])
    assert.equal(await inner.horizon(), 0)
  })

  it('hang: the call ends at the deadline of the layer', async () => {
    const store = new FaultyStore(await MemoryStore.open(), planOf('commit', { kind: 'hang' }), { deadlineMs: 15 })
    assert.deepEqual(outcomeOf(await failure(() => put(store))), ['Timeout', 'unknown'])
  })

  it('hang: the call ends when the layer is closed', async () => {
    const { store } = await faultyStore('commit', { kind: 'hang' })
    const hanging = failure(() => put(store))
    await store.close()
    assert.equal((await hanging).code, 'Closed')
  })

  it('other methods are not touched', async () => {
    const { store, plan } = await faultyStore('commit', { kind: 'before' })
    await store.read({})
    await store.horizon()
    assert.equal(plan.hits('before'), 0)
  })
})

describe('FaultPlan', () => {
  it('a fault on the third call happens there, once', async () => {
    assert.deepEqual(await failuresOf(6, { nth: 3 }), [3])
  })

  it('a fault that repeats happens from there on', async () => {
    assert.deepEqual(await failuresOf(6, { nth: 4, repeats: true }), [4, 5, 6])
  })

  it('a probability gives the same calls for the same seed, other calls for another, and about as many as it says', async () => {
    const run = (seed: number): Promise<readonly number[]> => failuresOf(400, { probability: 0.25 }, seed)
    const first = await run(1)
    assert.deepEqual(await run(1), first)
    assert.notDeepEqual(await run(2), first)
    assert.ok(first.length > 60 && first.length < 140, `${first.length} of 400`)
  })

  it('a probability with once happens one time', async () => {
    assert.equal((await failuresOf(100, { probability: 0.5, once: true })).length, 1)
  })

  it('a fault that is cancelled, or a plan that is cleared, does nothing', async () => {
    const plan = new FaultPlan(seededRandom(0))
    const fault = plan.add({ method: '*', mode: { kind: 'before' }, when: { nth: 1, repeats: true } })
    const store = new FaultyStore(await MemoryStore.open(), plan)
    await failure(() => store.horizon())
    fault.cancel()
    await store.horizon()
    plan.add({ method: '*', mode: { kind: 'before' }, when: { nth: 1, repeats: true } })
    plan.clear()
    await store.horizon()
    assert.deepEqual([fault.hits, plan.hits('before')], [1, 1])
  })

  it('a trigger out of range is InvalidArgument', () => {
    const plan = new FaultPlan(seededRandom(0))
    for (const when of [{ nth: 0 }, { nth: 1.5 }, { probability: -1 }, { probability: 2 }]) {
      assert.throws(
        () => plan.add({ method: '*', mode: { kind: 'after' }, when }),
        (error) => isNexusError(error, 'InvalidArgument'),
      )
    }
  })
})

describe('FaultyBackend', () => {
  const body = utf8('0123456789')

  it('before, after and late concern put as they concern commit', async () => {
    const inner = await MemoryBackend.open()
    const plan = new FaultPlan(seededRandom(0))
    const backend = new FaultyBackend(inner, plan)
    for (const [mode, atOnce, later] of [
      [{ kind: 'before' }, false, false],
      [{ kind: 'after' }, true, true],
      [{ kind: 'late', delayMs: 5 }, false, true],
    ] as const) {
      const name = `aa/${mode.kind}`
      plan.add({ method: 'put', mode, when: { nth: 1 } })
      await failure(() => backend.put(name, pieces(body), { size: body.length }))
      assert.equal((await inner.stat([name]))[0] !== undefined, atOnce, mode.kind)
      await backend.settled()
      assert.equal((await inner.stat([name]))[0]?.size, later ? body.length : undefined, mode.kind)
    }
  })

  it('a body that is applied late is as it was when the call was made', async () => {
    const inner = await MemoryBackend.open()
    const backend = new FaultyBackend(inner, planOf('put', { kind: 'late', delayMs: 5 }))
    const own = body.slice()
    await failure(() => backend.put('aa/blob', own, { size: own.length }))
    own.fill(0)
    await backend.settled()
    assert.deepEqual(await inner.get('aa/blob'), body)
  })

  it('flip changes one bit of get and of stream, in the piece where it is', async () => {
    const large = new Uint8Array(2_500_000)
    for (const [method, offset] of [
      ['get', 0],
      ['get', 2_000_000],
      ['stream', 0],
      ['stream', 2_000_000],
    ] as const) {
      const backend = await backendWith(large, method, { kind: 'flip', offset })
      const found = await bytesOf(backend, method)
      assert.equal(found.length, large.length)
      assert.equal(found[offset], 1)
      assert.equal(found.filter((byte) => byte !== 0).length, 1, `${method} at ${offset}`)
      assert.ok(
        (await bytesOf(backend, method)).every((byte) => byte === 0),
        'the blob itself is whole',
      )
    }
  })

  it('short leaves out the last byte of get and of stream', async () => {
    for (const method of ['get', 'stream'] as const) {
      const backend = await backendWith(body, method, { kind: 'short' })
      assert.deepEqual(await bytesOf(backend, method), body.slice(0, 9))
    }
  })

  it('a stage and its publishing go wrong on their own', async () => {
    const inner = await MemoryBackend.open()
    const plan = planOf('publish', { kind: 'after' })
    const backend = new FaultyBackend(inner, plan)
    const staged = await backend.stage?.(body, { size: body.length })
    const error = await failure(async () => staged?.publish('aa/blob'))
    assert.equal(error.outcome, 'unknown')
    assert.deepEqual(await inner.get('aa/blob'), body)
  })
})

function planOf(method: string, mode: FaultMode): FaultPlan {
  const plan = new FaultPlan(seededRandom(0))
  plan.add({ method, mode, when: { nth: 1 } })
  return plan
}

async function faultyStore(
  method: string,
  mode: FaultMode,
): Promise<{ store: FaultyStore; inner: MemoryStore; plan: FaultPlan }> {
  const inner = await MemoryStore.open()
  const plan = planOf(method, mode)
  return { store: new FaultyStore(inner, plan), inner, plan }
}

async function backendWith(blob: Uint8Array, method: string, mode: FaultMode): Promise<FaultyBackend> {
  const backend = new FaultyBackend(await MemoryBackend.open(), planOf(method, mode))
  await backend.put('aa/blob', blob, { size: blob.length })
  return backend
}

async function bytesOf(backend: FaultyBackend, method: 'get' | 'stream'): Promise<Uint8Array> {
  if (method === 'get') return backend.get('aa/blob')
  const found: Uint8Array[] = []
  for await (const piece of backend.stream('aa/blob')) found.push(piece)
  return new Uint8Array(Buffer.concat(found))
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body.subarray(0, 3)
  yield body.subarray(3)
}

function put(store: FaultyStore, signal?: AbortSignal): Promise<unknown> {
  return store.commit([{ expect: [], writes: [{ kind: 'put', key, value: utf8('value') }] }], { signal })
}

/** The numbers of the calls that fail, out of so many. */
async function failuresOf(calls: number, when: Parameters<FaultPlan['add']>[0]['when'], seed = 0): Promise<readonly number[]> {
  const plan = new FaultPlan(seededRandom(seed))
  plan.add({ method: 'horizon', mode: { kind: 'before' }, when })
  const store = new FaultyStore(await MemoryStore.open(), plan)
  const failed: number[] = []
  for (let call = 1; call <= calls; call++) await store.horizon().catch(() => failed.push(call))
  return failed
}

async function failure(work: () => Promise<unknown>): Promise<NexusError> {
  try {
    await work()
  } catch (error) {
    if (isNexusError(error)) return error
    throw error
  }
  return assert.fail('it did not fail')
}

function outcomeOf(error: NexusError): readonly unknown[] {
  return [error.code, error.outcome]
}
