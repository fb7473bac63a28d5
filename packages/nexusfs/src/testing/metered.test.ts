// Guards: testing/call-meter.ts

import assert from 'node:assert/strict'
import { it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { CallMeter, MeteredBackend, MeteredStore } from './call-meter.ts'
import { DelayedStore } from './delayed.ts'

const key = { group: utf8('g'), item: utf8('item') }

it('a metered store counts calls and bytes by method', async () => {
  const store = new MeteredStore(await MemoryStore.open())
  await store.commit([{ expect: [{ kind: 'absent', key }], writes: [{ kind: 'put', key, value: utf8('value') }] }])
  await store.read({ get: [key, key] })
  await store.read({ scan: [{ group: key.group, limit: 1 }] })
  const { calls, methods } = store.meter.report()
  assert.equal(calls, 3)
  assert.deepEqual([methods.commit?.calls, methods.commit?.bytesSent, methods.commit?.bytesReceived], [1, 5 + 5 + 5, 0])
  assert.deepEqual([methods.read?.calls, methods.read?.bytesSent, methods.read?.bytesReceived], [2, 5 + 5 + 1, 3 * (5 + 5)])
  assert.equal(methods.horizon, undefined)
})

it('calls that overlap in time are one round trip, calls in sequence are several', async () => {
  const store = new MeteredStore(new DelayedStore(await MemoryStore.open(), 2))
  await Promise.all([store.horizon(), store.read({}), store.read({})])
  assert.equal(store.meter.report().roundTrips, 1)
  await store.horizon()
  await store.horizon()
  assert.deepEqual([store.meter.report().roundTrips, store.meter.report().calls], [3, 5])
})

it('one meter over both layers counts a content read beside a metadata read as one round trip', async () => {
  const meter = new CallMeter()
  const store = new MeteredStore(await MemoryStore.open(), meter)
  const backend = new MeteredBackend(await MemoryBackend.open(), meter)
  await Promise.all([store.read({}), backend.stat([])])
  assert.deepEqual([meter.report().roundTrips, meter.report().calls], [1, 2])
})

it('a call that fails is counted as a failure', async () => {
  const backend = new MeteredBackend(await MemoryBackend.open())
  await assert.rejects(backend.get('no/such-blob'))
  assert.deepEqual([backend.meter.report().methods.get?.calls, backend.meter.report().methods.get?.failures], [1, 1])
})

it('latency is measured by the clock that is given, in milliseconds', async () => {
  let now = 0
  const meter = new CallMeter(() => {
    now += 5
    return now
  })
  const store = new MeteredStore(await MemoryStore.open(), meter)
  await store.horizon()
  const latency = meter.report().methods.horizon?.latency
  assert.ok(latency !== undefined && Math.abs(latency.p50 - 5) < 0.1 && Math.abs(latency.max - 5) < 0.1, JSON.stringify(latency))
})

it('every piece of a stream counts as bytes received', async () => {
  const backend = new MeteredBackend(await MemoryBackend.open())
  const size = 2_500_000
  await backend.put('aa/blob', new Uint8Array(size), { size })
  let pieces = 0
  for await (const piece of backend.stream('aa/blob')) pieces += Math.sign(piece.length)
  const { stream, put } = backend.meter.report().methods
  assert.deepEqual([pieces, stream?.calls, stream?.bytesReceived, put?.bytesSent], [3, 1, size, size])
})

it('after a reset the meter begins anew', async () => {
  const store = new MeteredStore(await MemoryStore.open())
  await store.horizon()
  store.meter.reset()
  assert.deepEqual(store.meter.report(), { calls: 0, roundTrips: 0, bytesSent: 0, bytesReceived: 0, methods: {} })
})
