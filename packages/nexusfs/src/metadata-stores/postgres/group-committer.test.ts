import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { toRevision } from '../../core/revision.ts'
import type { CommitResult } from '../../metadata/metadata-store.ts'
import { type PlannedCommit, planCommit } from './commit-call.ts'
import { type CommitterPlan, GroupCommitter } from './group-committer.ts'

function planned(item: string, writes = 1, bytes = 1): PlannedCommit {
  return planCommit(1, {
    expect: [],
    writes: Array.from({ length: writes }, (_, n) => {
      return { kind: 'put', key: { group: utf8('c'), item: utf8(`${item}/${n}`) }, value: new Uint8Array(bytes) }
    }),
  })
}

function nameOf(commit: PlannedCommit): string {
  return new TextDecoder().decode(commit.commit.writes[0]?.key.item).split('/')[0] ?? ''
}

/** A server that takes its time, notes what travelled together, and refuses what it is told to. */
class Server {
  readonly groups: string[][] = []
  readonly refuse = new Map<string, NexusError>()
  ms = 5
  #revision = 0

  readonly call: CommitterPlan['call'] = async (commits, { jobs }) => {
    const names = commits.map(nameOf)
    this.groups.push(names)
    await sleep(this.ms)
    for (const name of names) {
      const error = this.refuse.get(name)
      if (error !== undefined && (error.context.sqlState !== '55P03' || jobs > 1)) throw error
    }
    return commits.map((): CommitResult => ({ status: 'committed', revision: toRevision(++this.#revision) }))
  }
}

function committer(server: Server, plan: Partial<CommitterPlan> = {}): GroupCommitter {
  return new GroupCommitter({ groupSize: 64, lanes: 1, maxLanes: 1, timeoutMs: 10_000, call: server.call, ...plan })
}

const fault = (code: 'Unexpected' | 'ReadOnly' | 'Timeout', outcome: string, sqlState = ''): NexusError =>
  new NexusError(code, 'refused', { context: { outcome, sqlState } })

async function submitAll(
  group: GroupCommitter,
  names: readonly string[],
): Promise<readonly PromiseSettledResult<readonly CommitResult[]>[]> {
  return Promise.allSettled(names.map((name) => group.submit([planned(name)]).result))
}

describe('group commit', () => {
  it('sends what is ready in one turn together, and what comes meanwhile with the next', async () => {
    const server = new Server()
    const group = committer(server)
    const first = submitAll(group, ['a', 'b'])
    await sleep(1)
    await Promise.all([first, submitAll(group, ['c', 'd', 'e'])])
    assert.deepEqual(server.groups, [
      ['a', 'b'],
      ['c', 'd', 'e'],
    ])
  })

  it('keeps each call within the limits of commits, locks and bytes', async () => {
    const server = new Server()
    await submitAll(committer(server, { groupSize: 2 }), ['a', 'b', 'c'])
    assert.deepEqual(server.groups, [['a', 'b'], ['c']])
    for (const large of [planned('large', 300), planned('large', 20, 262_144)]) {
      const one = new Server()
      const group = committer(one)
      await Promise.all([planned('a'), large, planned('b')].map((commit) => group.submit([commit]).result))
      assert.deepEqual(one.groups, [['a'], ['large'], ['b']])
    }
  })

  it('opens one more lane when all are held up, up to the most', async () => {
    const server = new Server()
    server.ms = 200
    const group = committer(server, { maxLanes: 2 })
    let isHeldOver = false
    const held = submitAll(group, ['held']).then(() => {
      isHeldOver = true
    })
    await sleep(5)
    const other = submitAll(group, ['other'])
    while (server.groups.length < 2) await sleep(1)
    assert.deepEqual([server.groups, isHeldOver], [[['held'], ['other']], false])
    await Promise.all([held, other])
  })

  it('lets the member alone fail that the server refuses', async () => {
    const server = new Server()
    server.refuse.set('bad', fault('Unexpected', 'none'))
    const [a, bad, b] = await submitAll(committer(server), ['a', 'bad', 'b'])
    assert.deepEqual([a?.status, bad?.status, b?.status], ['fulfilled', 'rejected', 'fulfilled'])
  })

  it('reports the member of one list that the server refuses as failed', async () => {
    const server = new Server()
    server.refuse.set('bad', fault('Unexpected', 'none'))
    const results = await committer(server).submit([planned('a'), planned('bad'), planned('b')]).result
    assert.deepEqual(
      results.map(({ status }) => status),
      ['committed', 'failed', 'committed'],
    )
  })

  it('tries nothing again where the outcome is unknown, or the whole store refuses', async () => {
    for (const error of [fault('Unexpected', 'unknown'), fault('ReadOnly', 'none')]) {
      const server = new Server()
      server.refuse.set('a', error)
      const results = await submitAll(committer(server), ['a', 'b'])
      assert(results.every(({ status }) => status === 'rejected'))
      assert.equal(server.groups.length, 1)
    }
  })

  it('takes a group apart in which one waits for a lock', async () => {
    const server = new Server()
    server.refuse.set('stuck', fault('Timeout', 'none', '55P03'))
    const results = await submitAll(committer(server), ['a', 'stuck', 'b'])
    assert(results.every(({ status }) => status === 'fulfilled'))
    assert.deepEqual(server.groups, [['a', 'stuck', 'b'], ['a'], ['stuck'], ['b']])
  })

  it('gives up who waits while nothing is done, with the outcome none, and nobody while something is', async () => {
    const stuck = new Server()
    stuck.ms = 500
    const group = committer(stuck, { timeoutMs: 40 })
    const first = submitAll(group, ['a'])
    await sleep(5)
    await assert.rejects(group.submit([planned('b')]).result, {
      code: 'Timeout',
      outcome: 'none',
      message: /not sent: waited \d+ ms behind other commits/,
    })
    const server = new Server()
    const moving = committer(server, { timeoutMs: 40, groupSize: 1 })
    const all = await submitAll(
      moving,
      Array.from({ length: 30 }, (_, n) => `${n}`),
    )
    assert(all.every(({ status }) => status === 'fulfilled'))
    await first
  })

  it('does not send what was taken back', async () => {
    const server = new Server()
    const group = committer(server)
    const first = group.submit([planned('a')])
    await sleep(1)
    const second = group.submit([planned('b')])
    group.withdraw(second)
    await first.result
    await sleep(10)
    assert.equal(second.isSent, false)
    assert.deepEqual(server.groups, [['a']])
  })
})
