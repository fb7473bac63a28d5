import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { HighWaterMark } from '../../engine-kit/high-water-mark.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'
import { CommitQueue, type CommitSession } from './commit.ts'
import { statementsFor } from './schema.ts'

function commitOf(item: string, writes = 1, bytes = 1): Commit {
  return {
    expect: [],
    writes: Array.from({ length: writes }, (_, n) => {
      return { kind: 'put', key: { group: utf8('c'), item: utf8(`${item}/${n}`) }, value: new Uint8Array(bytes) }
    }),
  }
}

/** A server that takes its time, notes what travelled together, and refuses what it is told to. */
class Server {
  readonly groups: string[][] = []
  readonly refuse = new Map<string, NexusError>()
  ms = 5
  #revision = 0

  queue(settings: Partial<CommitSession['settings']> = {}): CommitQueue {
    const session: CommitSession = {
      settings: { groupSize: 64, commitConnections: 1, poolSize: 1, callMs: 10_000, ...settings },
      statements: statementsFor('nexus'),
      store: 1,
      seen: new HighWaterMark(),
      told: { time: 0 },
      pool: { use: (_waitMs, work) => work({ query: ({ values = [] }) => this.#commit(values) }) },
    }
    return new CommitQueue(session, () => undefined)
  }

  async #commit(values: readonly unknown[]): Promise<readonly (readonly string[])[]> {
    const names = namesIn(values)
    this.groups.push(names)
    const lockMs = Number(values[4])
    await sleep(this.ms)
    for (const name of names) {
      const error = this.refuse.get(name)
      if (error !== undefined && (error.context.sqlState !== '55P03' || lockMs <= 200)) throw error
    }
    const revisions = names.map(() => ++this.#revision)
    return [[`{${[...revisions, ...names.map(() => -1)].join(',')}}`]]
  }
}

/** The names of the commits, out of the items that they put. */
function namesIn(values: readonly unknown[]): string[] {
  const texts = values.filter((value) => Buffer.isBuffer(value)).map((value) => value.toString('latin1'))
  return texts.flatMap((text) => [...text.matchAll(/([a-z]+)\/0/g)].map(([, name = '']) => name))
}

const fault = (code: 'Unexpected' | 'ReadOnly' | 'Timeout', outcome: 'none' | 'unknown', sqlState = ''): NexusError =>
  new NexusError(code, 'refused', { outcome, context: { sqlState } })

function commitAll(queue: CommitQueue, names: readonly string[]): Promise<PromiseSettledResult<readonly CommitResult[]>[]> {
  return Promise.allSettled(names.map((name) => queue.add([commitOf(name)], undefined)))
}

describe('commits to PostgreSQL', () => {
  it('travel together within the limits of commits, locks and bytes', async () => {
    const server = new Server()
    await commitAll(server.queue({ groupSize: 2 }), ['a', 'b', 'c'])
    assert.deepEqual(server.groups, [['a', 'b'], ['c']])
    for (const large of [commitOf('large', 300), commitOf('large', 20, 262_144)]) {
      const one = new Server()
      const queue = one.queue()
      await Promise.all([commitOf('a'), large, commitOf('b')].map((commit) => queue.add([commit], undefined)))
      assert.deepEqual(one.groups, [['a'], ['large'], ['b']])
    }
  })

  it('are tried alone when the server refuses one of them, which alone fails', async () => {
    const server = new Server()
    server.refuse.set('bad', fault('Unexpected', 'none'))
    const queue = server.queue()
    const [list, other] = await Promise.all([
      queue.add(
        ['a', 'bad', 'b'].map((name) => commitOf(name)),
        undefined,
      ),
      queue.add([commitOf('c')], undefined),
    ])
    assert.deepEqual(
      [...list, ...other].map(({ status }) => status),
      ['committed', 'failed', 'committed', 'committed'],
    )
  })

  it('are not tried again where the outcome is unknown, or the whole store refuses', async () => {
    for (const error of [fault('Unexpected', 'unknown'), fault('ReadOnly', 'none')]) {
      const server = new Server()
      server.refuse.set('a', error)
      const results = await commitAll(server.queue(), ['a', 'b'])
      assert(results.every(({ status }) => status === 'rejected'))
      assert.equal(server.groups.length, 1)
    }
  })

  it('are taken apart when one of them waits for a lock', async () => {
    const server = new Server()
    server.refuse.set('stuck', fault('Timeout', 'none', '55P03'))
    const results = await commitAll(server.queue(), ['a', 'stuck', 'b'])
    assert(results.every(({ status }) => status === 'fulfilled'))
    assert.deepEqual(server.groups, [['a', 'stuck', 'b'], ['a'], ['stuck'], ['b']])
  })

  it('are tried again, exhausted in the end, when they lost against other transactions', async () => {
    const server = new Server()
    server.ms = 0
    server.refuse.set('a', fault('Unexpected', 'none', '40P01'))
    setTimeout(() => server.refuse.clear(), 30)
    assert.equal((await server.queue().add([commitOf('a')], undefined))[0]?.status, 'committed')
    server.refuse.set('b', new NexusError('Unavailable', 'deadlock', { outcome: 'none', context: { sqlState: '40P01' } }))
    const late = server.queue({ callMs: 30 }).add([commitOf('b')], undefined)
    await assert.rejects(late, { code: 'Unavailable', retry: 'exhausted', outcome: 'none' })
  })

  it('that wait while none is done are given up, and told so', async () => {
    const server = new Server()
    server.ms = 500
    const queue = server.queue({ callMs: 40 })
    const first = commitAll(queue, ['a'])
    await sleep(5)
    await assert.rejects(queue.add([commitOf('b')], undefined), {
      code: 'Timeout',
      outcome: 'none',
      message: /not sent: waited \d+ ms behind other commits/,
    })
    await first
  })
})
