import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import { revisionZero, toRevision } from '../../core/revision.ts'
import { EventLoopYield } from '../../engine-kit/event-loop.ts'
import { CommitQueue } from './commit.ts'
import { openDatabase, type SqlDatabase } from './driver.ts'
import {
  commitOf,
  keyOf,
  put,
  remove,
  revisionOf,
  type TestStore,
  testStore,
  transactionsInWal,
} from './sqlite-store.test-fixture.ts'

describe('CommitQueue', () => {
  it('ends its calls, and goes on, when a thread cannot even be asked', async () => {
    let isBroken = true
    const queue = new CommitQueue({
      run: async (group) => {
        if (isBroken) throw new Error('the message cannot be cloned')
        return { kind: 'done', results: group.map(() => committed), previous: revisionZero, last: toRevision(1), flushMs: 0 }
      },
      onApplied: () => undefined,
      turns: new EventLoopYield(),
      busyTimeoutMs: 1000,
    })
    const error = await queue.add([commitOf(put('a', 'v'))], undefined).catch((reason: unknown) => reason)
    assert.ok(isNexusError(error, 'Unexpected'))
    assert.match(error.message, /cannot be cloned/)
    assert.equal(error.outcome, 'unknown')
    isBroken = false
    const [result] = await queue.add([commitOf(put('a', 'v'))], undefined)
    assert.equal(result?.status, 'committed')
    await queue.idle()
  })
})

describe('CommitQueue', () => {
  it('tells the members of a group whose runner throws at once, and goes on', async () => {
    let isBroken = true
    const queue = new CommitQueue({
      run: (group) => {
        if (isBroken) throw new Error('no thread can be started')
        return { kind: 'done', results: group.map(() => committed), previous: revisionZero, last: toRevision(1), flushMs: 0 }
      },
      onApplied: () => undefined,
      turns: new EventLoopYield(),
      busyTimeoutMs: 1000,
    })
    const commit = [commitOf(put('a', 'v'))]
    const both = await Promise.allSettled([queue.add(commit, undefined), queue.add(commit, undefined)])
    for (const settled of both) assert.ok(settled.status === 'rejected' && isNexusError(settled.reason, 'Unexpected'))
    isBroken = false
    assert.equal((await queue.add(commit, undefined))[0]?.status, 'committed')
    await queue.idle()
  })
})

const committed = { kind: 'committed', revision: toRevision(1) } as const

for (const worker of ['never', 'always'] as const) {
  describe(`commits of several callers, worker: ${worker}`, () => {
    it('called together share a transaction', async () => {
      await using test = await testStore({ worker })
      const before = transactionsInWal(test.file)
      const calls = Array.from({ length: 40 }, (_, index) => test.store.commit([commitOf(put(`k${index}`, 'v'))]))
      const revisions = (await Promise.all(calls)).map(([result]) => revisionOf(result))
      assert.deepEqual(
        revisions,
        Array.from({ length: 40 }, (_, index) => index + 1),
      )
      const transactions = transactionsInWal(test.file) - before
      // One, unless code that runs for the first time takes longer than a group may.
      assert.ok(transactions < 8, `${transactions} transactions for 40 commits`)
    })

    it('share a transaction with at most 63 others', async () => {
      await using test = await testStore({ worker })
      const before = transactionsInWal(test.file)
      const list = Array.from({ length: 300 }, (_, index) => commitOf(put(`k${index}`, 'v')))
      const results = await test.store.commit(list)
      assert.deepEqual(
        results.map(revisionOf),
        Array.from(list, (_, index) => index + 1),
      )
      assert.ok(transactionsInWal(test.file) - before >= 5, `${transactionsInWal(test.file) - before} transactions`)
    })

    it('see what earlier members of their transaction wrote', async () => {
      await using test = await testStore({ worker })
      // What the cache says of the key is old as soon as the first member has written.
      await test.store.read({ get: [keyOf('a')] })
      const first = test.store.commit([commitOf(put('a', '1'), { kind: 'absent', key: keyOf('a') })])
      const second = test.store.commit([commitOf(put('a', '2'), { kind: 'absent', key: keyOf('a') })])
      const third = test.store.commit([commitOf(remove('a'), { kind: 'at', key: keyOf('a'), revision: toRevision(1) })])
      const fourth = test.store.commit([commitOf(put('a', '4'), { kind: 'absent', key: keyOf('a') })])
      assert.deepEqual(await Promise.all([first, second, third, fourth]), [
        [{ status: 'committed', revision: 1 }],
        [{ status: 'conflict', expectation: 0, found: 1 }],
        [{ status: 'committed', revision: 2 }],
        [{ status: 'committed', revision: 3 }],
      ])
    })

    it('are tried alone when a statement fails, so that only the guilty one does', async () => {
      await using test = await testStore({ worker })
      withDatabase(test, (database) =>
        database.exec(
          `CREATE TRIGGER mine BEFORE INSERT ON entries WHEN new.k LIKE '%bomb%' BEGIN SELECT RAISE(ABORT, 'boom'); END`,
        ),
      )
      const [before, bomb, after] = await Promise.all([
        test.store.commit([commitOf(put('before', 'v'))]),
        test.store.commit([commitOf([put('beside', 'v'), put('bomb', 'v')])]),
        test.store.commit([commitOf(put('after', 'v'))]),
      ])
      assert.equal(revisionOf(before[0]), 1)
      assert.equal(revisionOf(after[0]), 2)
      const failed = bomb[0]
      assert.ok(failed?.status === 'failed')
      assert.equal(failed.error.code, 'Unexpected')
      assert.equal(failed.error.outcome, 'none')
      assert.deepEqual((await test.store.read({ get: [keyOf('beside')] })).get, [undefined])
    })

    it('time out with nothing applied while another connection keeps the lock', async () => {
      await using test = await testStore({ worker, timeouts: { call: 60 } })
      await withLock(test, async () => {
        const call = test.store.commit([commitOf(put('a', 'v'))])
        await assert.rejects(call, ({ code, context }) => code === 'Timeout' && context.outcome === 'none')
      })
      assert.equal(revisionOf((await test.store.commit([commitOf(put('b', 'v'))]))[0]), 1)
    })

    it('go on as soon as the lock is free', async () => {
      await using test = await testStore({ worker })
      const call = withLock(test, async () => {
        const waiting = test.store.commit([commitOf(put('a', 'v'))])
        await new Promise((resolve) => setTimeout(resolve, 50))
        return { waiting }
      })
      assert.equal(revisionOf((await (await call).waiting)[0]), 1)
    })

    it('that are cancelled while they wait say whether they can still be applied', async () => {
      await using test = await testStore({ worker })
      const outcomes = await withLock(test, async () => {
        const abort = new AbortController()
        const calls = ['a', 'b'].map((key) => test.store.commit([commitOf(put(key, 'v'))], { signal: abort.signal }))
        setTimeout(() => abort.abort(), 20)
        return Promise.all(calls.map(outcomeOfCancelled))
      })
      // On the other thread, an attempt may be on its way just then.
      if (worker === 'never') assert.deepEqual(outcomes, ['none', 'none'])
      await test.store.commit([commitOf(put('c', 'v'))])
      const { get } = await test.store.read({ get: [keyOf('a'), keyOf('b')] })
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome === 'none') assert.equal(get[index], undefined)
      }
    })

    it('let timers run, however fast they follow each other', async () => {
      // Class disk, and not for long: so that no checkpoint, which commits wait for, lets timers run.
      await using test = await testStore({ worker })
      let ticks = 0
      const timer = setInterval(() => {
        ticks += 1
      }, 1)
      const end = performance.now() + 200
      const storm = async (key: string): Promise<void> => {
        while (performance.now() < end) await test.store.commit([commitOf(put(key, 'v'))])
      }
      await Promise.all(Array.from({ length: 8 }, (_, index) => storm(`k${index}`)))
      clearInterval(timer)
      // None at all where commits starve them; a busy machine gives few.
      assert.ok(ticks >= 3, `${ticks} ticks in 200 ms`)
    })
  })
}

async function outcomeOfCancelled(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(isNexusError(error, 'Aborted'))
  return error.outcome
}

function withDatabase<Result>(test: TestStore, use: (database: SqlDatabase) => Result): Result {
  const database = openDatabase(test.file)
  try {
    return use(database)
  } finally {
    database.close()
  }
}

/** Holds the write lock, as another process would. */
async function withLock<Result>(test: TestStore, during: () => Promise<Result>): Promise<Result> {
  const database = openDatabase(test.file)
  database.exec('BEGIN IMMEDIATE')
  try {
    return await during()
  } finally {
    database.exec('ROLLBACK')
    database.close()
  }
}
