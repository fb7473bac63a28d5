// Guards: metadata-stores/redis/commit.ts, metadata-stores/redis/connection.ts, metadata-stores/redis/request-queue.ts

import assert from 'node:assert/strict'
import { afterAll, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import type { NexusError } from '../../core/errors.ts'
import { freshSeed, seededRandom } from '../../testing/seeded-random.ts'
import { type CutMoment, TcpProxy } from '../../testing/tcp-proxy.ts'
import { failure, key, mustPut, put, startServer, stopServers, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const server = await startServer()
const port = server?.port ?? 0

afterAll(stopServers)

describe.skipIf(server === undefined)('RedisStore when connections break', () => {
  it('a cut before, during or after the script leaves all of a commit or nothing, and tells the truth about it', async () => {
    const seed = freshSeed()
    const random = seededRandom(seed, 'cuts')
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port })
    const direct = await RedisStore.open({ url: `redis://127.0.0.1:${port}`, prefix: 'cut:' })
    const store = await RedisStore.open({ url: `redis://127.0.0.1:${proxy.port}`, prefix: 'cut:' })
    const seen = { applied: 0, lost: 0 }
    for (let round = 0; round < 90; round++) {
      await mustPut(store, 'warm')
      const before = cutsOf(proxy)
      proxy.cutNext(random.pick<CutMoment>(['before', 'during', 'after']), random.integer(0, 8))
      const error = await failure(() => commitLarge(store, round))
      assert.equal(error.code, 'Unavailable', `seed ${seed}`)
      assert.equal(error.outcome, 'unknown', `seed ${seed}`)
      const found = await settledCount(direct, round)
      const text = `seed ${seed}, round ${round}: ${found} of 300 writes`
      assert.ok(found === 0 || found === 300, text)
      if (proxy.cuts('before') > before.before) assert.equal(found, 0, text)
      if (proxy.cuts('after') > before.after) assert.equal(found, 300, text)
      seen[found === 300 ? 'applied' : 'lost'] += 1
    }
    const counts = cutsOf(proxy)
    console.log(`cuts by moment: ${JSON.stringify(counts)}; unknown outcomes: ${JSON.stringify(seen)}; seed ${seed}`)
    assert.ok(counts.before > 0 && counts.during > 0 && counts.after > 0)
    assert.ok(seen.applied > 0 && seen.lost > 0)
    await Promise.all([store.close(), direct.close(), proxy.close()])
  })

  it('a commit whose connection broke before is sent on a new one, once', async () => {
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port })
    const store = await RedisStore.open({ url: `redis://127.0.0.1:${proxy.port}`, prefix: 'again:' })
    const first = await mustPut(store, 'a', 'one')
    proxy.cutAll()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(await mustPut(store, 'a', 'two'), first + 1)
    await Promise.all([store.close(), proxy.close()])
  })

  it('a read whose connection breaks is made again', async () => {
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port })
    const store = await RedisStore.open({ url: `redis://127.0.0.1:${proxy.port}`, prefix: 'reread:' })
    await mustPut(store, 'a', 'text')
    for (const moment of ['before', 'during', 'after'] as const) {
      proxy.cutNext(moment)
      assert.equal(await textOf(store, 'a'), 'text')
    }
    const { before, during, after } = cutsOf(proxy)
    assert.deepEqual([before, during + after], [1, 2])
    await Promise.all([store.close(), proxy.close()])
  })

  it('no call hangs on a network that swallows everything, and the store recovers', async () => {
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port })
    const store = await RedisStore.open({
      url: `redis://127.0.0.1:${proxy.port}`,
      prefix: 'silent:',
      timeouts: { connect: 300, call: 500 },
    })
    await mustPut(store, 'a')
    proxy.fallSilent()
    const began = performance.now()
    const sent = failure(() => put(store, 'sent'))
    const read = failure(() => store.read({ get: [key('a')] }))
    const [sentError, readError] = await Promise.all([sent, read])
    assert.equal(sentError.code, 'Timeout')
    assert.equal(sentError.outcome, 'unknown')
    assert.ok(readError.code === 'Timeout' || readError.code === 'Unavailable', readError.code)
    const later = await failure(() => put(store, 'queued'))
    // On a busy machine the second call may still go out on the connection that fell silent; then nobody knows, and it says so.
    const wasSent = later.outcome === 'unknown'
    assert.equal(later.outcome, wasSent ? 'unknown' : 'none')
    const elapsed = performance.now() - began
    assert.ok(elapsed < 2 * 500 * 1.1, `two rounds of 500 ms took ${elapsed} ms`)
    proxy.speak()
    await mustPut(store, 'b')
    if (!wasSent) assert.equal(await textOf(store, 'queued'), undefined, 'a commit that was not sent is there')
    await Promise.all([store.close(), proxy.close()])
  })

  it('a cancelled commit says whether it was sent', async () => {
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port })
    const store = await RedisStore.open({ url: `redis://127.0.0.1:${proxy.port}`, prefix: 'cancel:' })
    await mustPut(store, 'warm')
    const early = new AbortController()
    const queued = failure(() => commitWith(store, 'queued', early.signal))
    early.abort()
    assert.deepEqual(outcomeOf(await queued), ['Aborted', 'none'])
    proxy.fallSilent()
    const late = new AbortController()
    const sent = failure(() => commitWith(store, 'sent', late.signal))
    setTimeout(() => late.abort(), 30)
    assert.deepEqual(outcomeOf(await sent), ['Aborted', 'unknown'])
    proxy.speak()
    assert.equal(await textOf(store, 'queued'), undefined)
    await Promise.all([store.close(), proxy.close()])
  })

  it('a watch hears of commits again after its connection was cut', async () => {
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port })
    const store = await RedisStore.open({ url: `redis://127.0.0.1:${proxy.port}`, prefix: 'watch:' })
    const direct = await RedisStore.open({ url: `redis://127.0.0.1:${port}`, prefix: 'watch:' })
    let calls = 0
    const watch = await store.watch(() => {
      calls += 1
    })
    proxy.cutAll()
    await until(() => calls > 0)
    const before = calls
    await mustPut(direct, 'a')
    await until(() => calls > before)
    await watch.close()
    await Promise.all([store.close(), direct.close(), proxy.close()])
  })
})

function cutsOf(proxy: TcpProxy): Readonly<Record<CutMoment, number>> {
  return { before: proxy.cuts('before'), during: proxy.cuts('during'), after: proxy.cuts('after') }
}

const itemsOf = (round: number): readonly string[] => Array.from({ length: 300 }, (_, i) => `${round}-${i}`)

async function commitLarge(store: RedisStore, round: number): Promise<unknown> {
  const writes = itemsOf(round).map((item) => ({ kind: 'put' as const, key: key(item), value: utf8('x'.repeat(1000)) }))
  return store.commit([{ expect: [], writes }])
}

/** How many of a round's entries there are, once the server has been idle for a moment. */
async function settledCount(store: RedisStore, round: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 15))
  const { get } = await store.read({ get: itemsOf(round).map((item) => key(item)) })
  return get.filter((entry) => entry !== undefined).length
}

async function commitWith(store: RedisStore, item: string, signal: AbortSignal): Promise<unknown> {
  return store.commit([{ expect: [], writes: [{ kind: 'put', key: key(item), value: utf8('') }] }], { signal })
}

function outcomeOf(error: NexusError): readonly unknown[] {
  return [error.code, error.outcome]
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!holds()) {
    assert.ok(performance.now() < deadline, 'it did not happen within 5 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
