import assert from 'node:assert/strict'
import { it } from 'vitest'
import { isNexusError, NexusError } from '../../core/errors.ts'
import { Call } from './call.ts'
import { GroupQueue, type Part, type SendGroup } from './group-queue.ts'

const limits = { count: 4, bytes: 100, weight: 10 }
const patienceMs = 2_000
const wideLimits = { count: 100, bytes: 10_000, weight: 1000 }

/** Takes what it is sent, and answers when told to. */
function queueWithServer(within = limits, patience = patienceMs) {
  const groups: { readonly texts: readonly string[]; answer(): void; fail(error: unknown): void }[] = []
  const send: SendGroup<string> = async (take) => {
    const texts = take().map(String)
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    groups.push({ texts, answer: () => resolve(texts.map((text) => text.toUpperCase())), fail: reject })
    return promise
  }
  return { queue: new GroupQueue({ limits: within, send, patienceMs: patience }), groups }
}

it('callers of one turn share a group, and each gets its own results', async () => {
  const { queue, groups } = queueWithServer()
  const all = Promise.all(['a', 'b', 'c'].map((text) => queue.add(part(text), call())))
  await turn()
  assert.deepEqual(
    groups.map(({ texts }) => texts),
    [['a', 'b', 'c']],
  )
  groups[0]?.answer()
  assert.deepEqual(await all, [['A'], ['B'], ['C']])
})

it('a group ends at each limit, and two groups are under way at most', async () => {
  const { queue, groups } = queueWithServer()
  const heavy = { ...part('heavy'), weight: 9 }
  const parts = [part('a'), part('b'), heavy, part('c'), part('d'), part('e'), part('f'), part('g')]
  const all = Promise.all(parts.map((one) => queue.add(one, call())))
  await turn()
  assert.deepEqual(
    groups.map(({ texts }) => texts),
    [
      ['a', 'b'],
      ['heavy', 'c'],
    ],
  )
  groups[0]?.answer()
  await turn()
  assert.deepEqual(groups[2]?.texts, ['d', 'e', 'f', 'g'])
  for (const group of groups) group.answer()
  assert.equal((await all).length, 8)
})

it('many callers of one turn travel in two groups, so that the server and the callers work at the same time', async () => {
  const { queue, groups } = queueWithServer(wideLimits)
  const texts = Array.from({ length: 11 }, (_, index) => `t${index}`)
  const all = Promise.all(texts.map((text) => queue.add(part(text), call())))
  await turn()
  assert.deepEqual(
    groups.map((group) => group.texts),
    [texts.slice(0, 6), texts.slice(6)],
  )
  const later = Promise.all(texts.map((text) => queue.add(part(`later ${text}`), call())))
  groups[0]?.answer()
  await turn()
  assert.equal(groups[2]?.texts.length, 11, 'beside a group that is under way, all that wait go at once')
  for (const group of groups) group.answer()
  await Promise.all([all, later])
})

it('a part above every limit travels alone', async () => {
  const { queue, groups } = queueWithServer()
  const all = Promise.all([queue.add({ ...part('huge'), bytes: 5_000 }, call()), queue.add(part('a'), call())])
  await turn()
  assert.deepEqual(
    groups.map(({ texts }) => texts),
    [['huge'], ['a']],
  )
  for (const group of groups) group.answer()
  await all
})

it('who cancels before sending is left out, outcome none; who cancels afterwards is told unknown', async () => {
  const { queue, groups } = queueWithServer()
  const early = new AbortController()
  const late = new AbortController()
  const cancelled = outcomeOf(queue.add(part('early'), call(early.signal)))
  const sent = outcomeOf(queue.add(part('late'), call(late.signal)))
  const kept = queue.add(part('kept'), call())
  early.abort()
  await turn()
  assert.deepEqual(groups[0]?.texts, ['late', 'kept'])
  late.abort()
  assert.deepEqual(await Promise.all([cancelled, sent]), ['none', 'unknown'])
  groups[0]?.answer()
  assert.deepEqual(await kept, ['KEPT'])
})

it('who cancels while the group waits for a connection is left out', async () => {
  const taken: string[] = []
  const connected = Promise.withResolvers<void>()
  const send: SendGroup<string> = async (take) => {
    await connected.promise
    taken.push(...take().map(String))
    return taken
  }
  const queue = new GroupQueue<string>({ limits, patienceMs, send })
  const cancel = new AbortController()
  const gone = outcomeOf(queue.add(part('gone'), call(cancel.signal)))
  const kept = queue.add(part('kept'), call())
  await turn()
  // In the same turn as the connection: the caller was told that nothing is sent, so nothing may be.
  cancel.abort()
  connected.resolve()
  assert.equal(await gone, 'none')
  await kept
  assert.deepEqual(taken, ['kept'])
})

it('who waits behind others is given up when the server answers none of them, outcome none, and is told so', async () => {
  const { queue } = queueWithServer(limits, 15)
  for (let i = 0; i < 8; i++) queue.add(part('x'), call()).catch(() => undefined)
  await assert.rejects(queue.add(part('behind'), call()), (error) => {
    assert.ok(isNexusError(error, 'Timeout'))
    assert.equal(error.outcome, 'none')
    assert.match(error.message, /not sent: waited \d+ ms behind other calls of this process/)
    return true
  })
})

it('who waits behind others is served in the end, however long that takes, while the server answers', async () => {
  const patience = 100
  const send: SendGroup<string> = async (take) => {
    const texts = take().map(String)
    await new Promise((resolve) => setTimeout(resolve, 20))
    return texts
  }
  const queue = new GroupQueue({ limits, patienceMs: patience, send })
  const began = performance.now()
  const all = await Promise.all(Array.from({ length: 80 }, (_, n) => queue.add(part(`${n}`), call())))
  assert.ok(performance.now() - began > patience, 'nobody had to wait')
  assert.equal(all.flat().length, 80)
})

it('a failure of the group is that of each of its callers, and the next group goes on', async () => {
  const { queue, groups } = queueWithServer()
  const failing = Promise.allSettled([queue.add(part('a'), call()), queue.add(part('b'), call())])
  await turn()
  const error = new NexusError('Unavailable', 'it broke')
  groups[0]?.fail(error)
  assert.deepEqual(
    (await failing).map((result) => result.status === 'rejected' && result.reason),
    [error, error],
  )
  const next = queue.add(part('c'), call())
  await turn()
  groups[1]?.answer()
  assert.deepEqual(await next, ['C'])
})

it('a server that answers with too few results is Unexpected for all', async () => {
  const queue = new GroupQueue<string>({ limits, patienceMs, send: async (take) => take().slice(1).map(String) })
  const results = await Promise.allSettled([queue.add(part('a'), call()), queue.add(part('b'), call())])
  for (const result of results) assert.ok(result.status === 'rejected' && isNexusError(result.reason, 'Unexpected'))
})

function part(text: string): Part {
  return { packed: [Buffer.from(text)], bytes: text.length, weight: 1 }
}

function call(signal?: AbortSignal): Call {
  return new Call('metadata.commit', 2_000, signal)
}

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return isNexusError(error) ? error.outcome : error
  }
  return 'it did not fail'
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}
