import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { isNexusError, NexusError, type Outcome } from '../core/errors.ts'
import { type Group, type GroupOutcome, GroupQueue, type GroupQueuePlan } from './group-queue.ts'

type Plan = GroupQueuePlan<string, string>

/** Notes what travels together, and answers in upper case when told to. */
function queueWithServer(plan: Partial<Plan> = {}) {
  const groups: { readonly items: readonly string[]; answer(): void; end(outcome: GroupOutcome<string>): void }[] = []
  const send = (group: Group<string>): Promise<GroupOutcome<string>> => {
    const items = group.take()
    const { promise, resolve } = Promise.withResolvers<GroupOutcome<string>>()
    groups.push({ items, answer: () => resolve(done(items)), end: resolve })
    return promise
  }
  return { queue: newQueue({ send, ...plan }), groups, sent: () => groups.map(({ items }) => items) }
}

/** Answers at once, except for what it is told to refuse. */
function queueAt(answer: (items: readonly string[], group: Group<string>) => GroupOutcome<string>, plan: Partial<Plan> = {}) {
  const sent: (readonly string[])[] = []
  const send = (group: Group<string>): GroupOutcome<string> => {
    const items = group.take()
    sent.push(items)
    return answer(items, group)
  }
  return { queue: newQueue({ send, ...plan }), sent }
}

function newQueue(plan: Partial<Plan> & Pick<Plan, 'send'>): GroupQueue<string, string> {
  return new GroupQueue({
    operation: 'test.commit',
    lanes: 1,
    room: roomFor(100),
    schedule: (flush) => void setImmediate(flush),
    failed: ({ code }) => `failed ${code}`,
    ...plan,
  })
}

/** Room for so many items. */
function roomFor(most: number): Plan['room'] {
  return () => {
    let count = 0
    return () => ++count <= most
  }
}

function done(items: readonly string[]): GroupOutcome<string> {
  return { kind: 'done', results: items.map((item) => item.toUpperCase()) }
}

const fault = (code: 'Unexpected' | 'Timeout', outcome: Outcome): NexusError => new NexusError(code, 'refused', { outcome })

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => 'it did not fail',
    (reason: unknown) => reason,
  )
  return isNexusError(error) ? error.outcome : error
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`)

describe('GroupQueue', () => {
  it('sends what comes in one turn together, what comes meanwhile with the next, and gives each its own results', async () => {
    const { queue, groups, sent } = queueWithServer()
    const all = [queue.add(['a'], undefined), queue.add(['b', 'c'], undefined)]
    await turn()
    all.push(queue.add(['d'], undefined), queue.add(['e'], undefined))
    groups[0]?.answer()
    await turn()
    groups[1]?.answer()
    assert.deepEqual(await Promise.all(all), [['A'], ['B', 'C'], ['D'], ['E']])
    assert.deepEqual(sent(), [
      ['a', 'b', 'c'],
      ['d', 'e'],
    ])
  })

  it('cuts at the limits, also within a list, whose groups follow each other', async () => {
    const { queue, groups, sent } = queueWithServer({ room: roomFor(3), lanes: 2 })
    const list = queue.add(['a', 'b', 'c', 'd', 'e'], undefined)
    const other = queue.add(['x'], undefined)
    await turn()
    assert.deepEqual(sent(), [['a', 'b', 'c'], ['x']])
    groups[0]?.answer()
    await turn()
    assert.deepEqual(sent()[2], ['d', 'e'])
    for (const group of groups) group.answer()
    assert.deepEqual(await Promise.all([list, other]), [['A', 'B', 'C', 'D', 'E'], ['X']])
  })

  it('lets an item travel alone that is above every limit', async () => {
    const room = () => {
      let bytes = 0
      return (item: string) => {
        bytes += item.length
        return bytes <= 3
      }
    }
    const { queue, sent } = queueAt(done, { room })
    await Promise.all(['a', 'much too large', 'b', 'c'].map((item) => queue.add([item], undefined)))
    assert.deepEqual(sent, [['a'], ['much too large'], ['b', 'c']])
  })

  it('sends many calls of one turn in two groups where that is asked for', async () => {
    const { queue, groups, sent } = queueWithServer({ lanes: 2, splitFrom: 8 })
    const names = numbers(11)
    const all = names.map((name) => queue.add([name], undefined))
    await turn()
    assert.deepEqual(sent(), [names.slice(0, 6), names.slice(6)])
    all.push(...names.map((name) => queue.add([name], undefined)))
    groups[0]?.answer()
    await turn()
    assert.equal(groups[2]?.items.length, 11, 'beside a group that is under way, all that wait go at once')
    for (const group of groups) group.answer()
    await Promise.all(all)
  })

  it('opens one more lane when all are held up, up to the most', async () => {
    const { queue, groups, sent } = queueWithServer({ spare: { afterMs: 5, lanes: 2 } })
    const all = [queue.add(['held'], undefined)]
    await turn()
    all.push(queue.add(['other'], undefined))
    await turn()
    assert.deepEqual(sent(), [['held']])
    while (groups.length < 2) await sleep(1)
    all.push(queue.add(['third'], undefined))
    await sleep(20)
    assert.deepEqual(sent(), [['held'], ['other']])
    groups[1]?.answer()
    while (groups.length < 3) await sleep(1)
    for (const group of groups) group.answer()
    await Promise.all(all)
  })

  it('tries the items of a group alone when one may be at fault, so that only that one fails', async () => {
    const refuse = (items: readonly string[]): GroupOutcome<string> =>
      items.includes('bad') ? { kind: 'apart', error: fault('Unexpected', 'none') } : done(items)
    const { queue, sent } = queueAt(refuse)
    const lists = [['a'], ['b', 'bad', 'c'], ['d']]
    const results = await Promise.all(lists.map((list) => queue.add(list, undefined)))
    assert.deepEqual(results, [['A'], ['B', 'failed Unexpected', 'C'], ['D']])
    assert.deepEqual(sent, [['a', 'b', 'bad', 'c', 'd'], ['a'], ['b', 'bad', 'c'], ['b'], ['bad'], ['c'], ['d']])
    assert.deepEqual(await queue.add(['e'], undefined), ['E'])
  })

  it('rejects the call of an item that fails alone where there is no result for that', async () => {
    const plan: Plan = {
      operation: 'test.read',
      lanes: 1,
      room: roomFor(9),
      schedule: (flush) => void setImmediate(flush),
      send: () => ({ kind: 'apart', error: fault('Unexpected', 'none') }),
    }
    const queue = newQueue(plan)
    const strict = new GroupQueue(plan)
    assert.deepEqual(await queue.add(['a'], undefined), ['failed Unexpected'])
    await assert.rejects(strict.add(['a'], undefined), { code: 'Unexpected' })
  })

  it('tells every caller of a failure, at once or later, and goes on', async () => {
    const { queue, groups } = queueWithServer()
    const both = Promise.allSettled([queue.add(['a'], undefined), queue.add(['b'], undefined)])
    await turn()
    const error = new NexusError('Unavailable', 'it broke')
    groups[0]?.end({ kind: 'failed', error })
    for (const settled of await both) assert.equal(settled.status === 'rejected' && settled.reason, error)
    const next = queue.add(['c'], undefined)
    await turn()
    groups[1]?.answer()
    assert.deepEqual(await next, ['C'])
    for (const send of [() => Promise.reject(error), () => assert.fail(error)]) {
      const broken = newQueue({ send })
      await assert.rejects(broken.add(['a'], undefined), error)
      await broken.idle()
    }
  })

  it('says which items of a list were done when a later group of it surely was not; else nobody knows', async () => {
    for (const [outcome, expected] of [
      ['none', ['A', 'failed Timeout', 'failed Timeout']] as const,
      ['unknown', 'unknown'] as const,
    ]) {
      const answer = (items: readonly string[]): GroupOutcome<string> =>
        items.includes('b') ? { kind: 'failed', error: fault('Timeout', outcome) } : done(items)
      const { queue } = queueAt(answer, { room: roomFor(1) })
      const call = queue.add(['a', 'b', 'c'], undefined)
      assert.deepEqual(outcome === 'none' ? await call : await outcomeOf(call), expected)
    }
  })

  it('sends again what was not tried', async () => {
    const { queue, sent } = queueAt((items) => ({ kind: 'begun', results: items.slice(0, 2).map((item) => item.toUpperCase()) }))
    const results = await Promise.all([queue.add(['a', 'b', 'c'], undefined), queue.add(['d'], undefined)])
    assert.deepEqual(results, [['A', 'B', 'C'], ['D']])
    assert.deepEqual(sent, [
      ['a', 'b', 'c', 'd'],
      ['c', 'd'],
    ])
  })

  it('tries again after a pause, and gives up a call that has waited for too long', async () => {
    let tries = 0
    const giveUp = { ms: 30, error: fault('Timeout', 'none') }
    const { queue } = queueAt((items) => (++tries < 3 ? { kind: 'again', afterMs: 1, giveUp } : done(items)))
    assert.deepEqual(await queue.add(['a'], undefined), ['A'])
    assert.equal(tries, 3)
    const { queue: locked } = queueAt(() => ({ kind: 'again', afterMs: 5, giveUp }))
    const began = performance.now()
    assert.equal(await outcomeOf(locked.add(['a'], undefined)), 'none')
    assert.ok(performance.now() - began >= 29)
    await locked.idle()
  })

  it('is Unexpected for all when there are more or fewer results than items', async () => {
    for (const results of [['A'], ['A', 'B', 'C']]) {
      const { queue } = queueAt(() => ({ kind: 'done', results }))
      const both = await Promise.allSettled([queue.add(['a'], undefined), queue.add(['b'], undefined)])
      for (const result of both) assert.ok(result.status === 'rejected' && isNexusError(result.reason, 'Unexpected'))
    }
  })
})

describe('who cancels in a GroupQueue', () => {
  it('before sending is left out, outcome none; afterwards is told unknown', async () => {
    const { queue, groups, sent } = queueWithServer()
    const early = new AbortController()
    const late = new AbortController()
    const cancelled = outcomeOf(queue.add(['early'], early.signal))
    const underWay = outcomeOf(queue.add(['late'], late.signal))
    const kept = queue.add(['kept'], undefined)
    early.abort()
    await turn()
    assert.deepEqual(sent(), [['late', 'kept']])
    late.abort('mine')
    assert.deepEqual(await Promise.all([cancelled, underWay]), ['none', 'unknown'])
    groups[0]?.answer()
    assert.deepEqual(await kept, ['KEPT'])
  })

  it('while the group waits to be sent is left out: who is told none is not sent in the same moment', async () => {
    const taken: string[] = []
    const connected = Promise.withResolvers<void>()
    const queue = newQueue({
      send: async (group) => {
        await connected.promise
        taken.push(...group.take())
        return done(taken)
      },
    })
    const cancel = new AbortController()
    const gone = outcomeOf(queue.add(['gone'], cancel.signal))
    const kept = queue.add(['kept'], undefined)
    await turn()
    cancel.abort()
    connected.resolve()
    assert.equal(await gone, 'none')
    await kept
    assert.deepEqual(taken, ['kept'])
  })

  it('between two attempts that did nothing is told none, and not sent again', async () => {
    const cancel = new AbortController()
    const giveUp = { ms: 10_000, error: fault('Timeout', 'none') }
    const { queue, sent } = queueAt(() => ({ kind: 'again', afterMs: 20, giveUp }))
    const gone = outcomeOf(queue.add(['gone'], cancel.signal))
    await turn()
    cancel.abort()
    assert.equal(await gone, 'none')
    await queue.idle()
    assert.deepEqual(sent, [['gone']])
  })

  it('between two groups of its list is told unknown, and the rest is not sent', async () => {
    const { queue, groups, sent } = queueWithServer({ room: roomFor(1) })
    const cancel = new AbortController()
    const gone = outcomeOf(queue.add(['a', 'b'], cancel.signal))
    await turn()
    groups[0]?.answer()
    await new Promise((resolve) => queueMicrotask(() => resolve(undefined)))
    cancel.abort()
    assert.equal(await gone, 'unknown')
    await turn()
    assert.deepEqual(sent(), [['a']])
  })
})

describe('who waits in a GroupQueue', () => {
  const patience = {
    ms: 40,
    unserved: (waitedMs: number) => new NexusError('Timeout', `waited ${waitedMs}`, { outcome: 'none' }),
  }

  it('is given up while nothing is done, with the outcome none, and not while something is', async () => {
    const { queue: stuck, groups } = queueWithServer({ patience })
    const first = stuck.add(['a'], undefined)
    await turn()
    await assert.rejects(stuck.add(['b'], undefined), { code: 'Timeout', outcome: 'none' })
    groups[0]?.answer()
    await first
    const slow = async (group: Group<string>): Promise<GroupOutcome<string>> => {
      const items = group.take()
      await sleep(5)
      return done(items)
    }
    const moving = newQueue({ patience, room: roomFor(1), send: slow })
    const all = await Promise.all(numbers(30).map((name) => moving.add([name], undefined)))
    assert.equal(all.length, 30)
  })

  it('takes the same time for each of 20,000 as for each of 100,000', { timeout: 60_000 }, async () => {
    const { queue } = queueAt(done)
    const timeEach = async (count: number): Promise<number> => {
      const began = performance.now()
      await Promise.all(numbers(count).map((name) => queue.add([name], undefined)))
      return (performance.now() - began) / count
    }
    await timeEach(2_000)
    const [few, many] = [await timeEach(20_000), await timeEach(100_000)]
    assert.ok(many < 3 * few, `${few * 1000} us each, and ${many * 1000}`)
  })

  it('waits while the queue is paused, and idle ends once all is done', async () => {
    const { queue, sent } = queueAt(done)
    await queue.idle()
    queue.pause()
    const call = queue.add(['a'], undefined)
    let isIdle = false
    const idle = queue.idle().then(() => {
      isIdle = true
    })
    await turn()
    assert.deepEqual([sent, isIdle], [[], false])
    queue.resume()
    assert.deepEqual(await call, ['A'])
    await idle
  })

  it('lets the event loop turn between groups that end at once', async () => {
    let turns = 0
    const count = (): void => {
      turns += 1
      if (turns < 1_000) setImmediate(count)
    }
    setImmediate(count)
    const { queue } = queueAt(done, {
      room: roomFor(1),
      schedule: (flush, { isNext }) => (isNext ? void setImmediate(flush) : queueMicrotask(flush)),
    })
    await Promise.all(numbers(100).map((name) => queue.add([name], undefined)))
    assert.ok(turns >= 90, `${turns} turns`)
  })
})
