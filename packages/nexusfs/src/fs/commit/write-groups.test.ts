import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { logGroup } from '../../metadata/keyspace.ts'
import { decodeRecord } from '../../metadata/record.ts'
import { FaultPlan } from '../../testing/fault-plan.ts'
import { FaultyStore } from '../../testing/faulty-backend.ts'
import { InterceptedStore } from '../../testing/intercepted-store.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import type { FileEntry } from '../model/entry.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { all, failure, fresh, memoryFixture, type StoreFixture } from '../store.test-fixture.ts'

// Guards fs/commit/write-groups.ts, fs/commit/write-round.ts and fs/waiting-write.ts, and `writeNext` in fs/commit/write-plan.ts.

interface Gate {
  hold?: string | undefined
  reached(): void
  wait: Promise<void>
}

/** A file system whose commits and looks can be held up, and are counted. */
class Held implements AsyncDisposable {
  commits = 0
  readonly fs: NexusFS
  readonly fixture: StoreFixture
  readonly #gate: Gate
  #release: () => void = () => undefined

  static async open(inlineBytes?: number): Promise<Held> {
    const fixture = await memoryFixture()
    const gate: Gate = { reached: () => undefined, wait: Promise.resolve() }
    let held: Held | undefined
    const fs = await fixture.open({
      inlineBytes,
      author: 'ann',
      overMetadata: (store) =>
        new InterceptedStore(store, async (call) => {
          if (call.method === 'commit' && held !== undefined) held.commits += 1
          if (call.method === gate.hold) {
            gate.hold = undefined
            gate.reached()
            await gate.wait
          }
          return call.run()
        }),
    })
    held = new Held(fixture, fs, gate)
    return held
  }

  private constructor(fixture: StoreFixture, fs: NexusFS, gate: Gate) {
    this.fixture = fixture
    this.fs = fs
    this.#gate = gate
  }

  /** Holds the next call of this kind up; resolves once it is there. */
  holdNext(method: 'commit' | 'read'): Promise<void> {
    const reached = Promise.withResolvers<void>()
    const { promise, resolve } = Promise.withResolvers<void>()
    Object.assign(this.#gate, { hold: method, reached: reached.resolve, wait: promise })
    this.#release = resolve
    return reached.promise
  }

  release(): void {
    this.#release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release()
    await this.fixture[Symbol.asyncDispose]()
  }
}

/** What `calls` make of one path while a write before them holds the turn; the write before goes on once they wait. */
async function behindAnother<T>(
  held: Held,
  path: string,
  calls: () => readonly Promise<T>[],
): Promise<PromiseSettledResult<T>[]> {
  const reached = held.holdNext('commit')
  const before = held.fs.write(path, 'before')
  await reached
  held.commits = 0
  const waiting = calls()
  await new Promise((resolve) => setTimeout(resolve, 50))
  held.release()
  await before
  return Promise.allSettled(waiting)
}

function outcomes(results: readonly PromiseSettledResult<FileEntry>[]): unknown[] {
  return results.map((each) => (each.status === 'fulfilled' ? each.value.version : each.reason.code))
}

async function logged(fixture: StoreFixture): Promise<unknown[]> {
  const metadata = await fixture.metadata()
  const { entries = [] } = (await metadata.read({ scan: [{ group: logGroup, limit: 1000 }] })).scan[0] ?? {}
  return entries.map(({ value }) => decodeRecord(value).fields.o)
}

describe('writers of one path that wait in one process', () => {
  it('go into one commit: every version, author, etag and byte is there', async () => {
    await using held = await Held.open()
    const contents = Array.from({ length: 20 }, (_, index) => fresh(index * 37))
    const results = await behindAnother(held, '/d/file', () => contents.map((content) => held.fs.write('/d/file', content)))
    assert.equal(held.commits, 1)
    assert.deepEqual(
      outcomes(results),
      contents.map((_, index) => index + 2),
    )
    const versions = (await all(held.fs.versions('/d/file'))).reverse()
    assert.deepEqual(
      versions.map(({ version, author }) => [version, author]),
      Array.from({ length: 21 }, (_, index) => [index + 1, 'ann']),
    )
    assert.equal(new Set(versions.map(({ etag }) => etag)).size, 21)
    assert.equal(new Set(versions.map(({ modifiedAt }) => modifiedAt.getTime())).size, 21)
    for (const [index, result] of results.entries()) {
      assert.equal(result.status === 'fulfilled' && result.value.etag, versions[index + 1]?.etag)
      const { content, stat } = await held.fs.readWithStat('/d/file', { version: index + 2 })
      assert.deepEqual(Buffer.from(content), Buffer.from(contents[index] ?? ''))
      assert.equal(stat.etag, versions[index + 1]?.etag)
    }
    const operations = (await logged(held.fixture)).at(-1)
    assert.ok(Array.isArray(operations))
    let size = 'before'.length
    for (const [index, operation] of operations.entries()) {
      const grown = (contents[index]?.length ?? 0) - size
      size += grown
      assert.deepEqual([operation[0], operation[2], operation.slice(4)], ['write', 'file', [index + 2, grown, size]])
    }
    assert.equal((await held.fs.usage()).files, 1)
  })

  it('make a new file together, which can be removed, restored and rolled back', async () => {
    await using held = await Held.open()
    const { fs } = held
    const reached = held.holdNext('read')
    const first = failure(() => fs.write('/new', 'x', { ifMatch: { version: 9 } }))
    await reached
    const rest = ['1', '2', '3', '4'].map((text) => fs.write('/new', text))
    await new Promise((resolve) => setTimeout(resolve, 50))
    held.release()
    await Promise.all([first, ...rest])
    assert.equal(held.commits, 1)
    await fs.remove('/new')
    await fs.restore('/new')
    assert.equal((await fs.rollback('/new', 2)).version, 5)
    assert.equal(await fs.readText('/new'), '2')
    assert.deepEqual(
      (await all(fs.versions('/new'))).map(({ version }) => version),
      [5, 4, 3, 2, 1],
    )
  })

  it('50 appenders: all bytes in order, versions without gaps, one commit', async () => {
    await using held = await Held.open()
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index} ${'.'.repeat(index)}\n`)
    const results = await behindAnother(held, '/log', () => lines.map((line) => held.fs.append('/log', line)))
    assert.deepEqual(
      outcomes(results),
      lines.map((_, index) => index + 2),
    )
    assert.equal(await held.fs.readText('/log'), `before${lines.join('')}`)
    assert.equal(await held.fs.readText('/log', { version: 20 }), `before${lines.slice(0, 19).join('')}`)
    assert.equal(held.commits, 1)
  })

  it('50 appenders beside writers and editors lose nothing', async () => {
    await using held = await Held.open()
    const { fs } = held
    const calls = Array.from({ length: 50 }, (_, index) =>
      index % 5 === 0
        ? fs.edit('/log', (before = new Uint8Array()) => `${Buffer.from(before)}${index}\n`)
        : fs.append('/log', `${index}\n`),
    )
    await Promise.all([...calls, ...calls.map((_, index) => fs.write('/other', String(index)))])
    const lines = (await fs.readText('/log')).trim().split('\n').map(Number)
    assert.deepEqual(
      lines.sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, index) => index),
    )
    assert.equal((await fs.stat('/other'))?.kind === 'file' && (await all(fs.versions('/other'))).length, 50)
  })

  it('have their preconditions judged against what the one before leaves; who fails fails nobody else', async () => {
    await using held = await Held.open()
    const { fs } = held
    const stale = (await fs.write('/file', 'old')).etag
    const results = await behindAnother(held, '/file', () => [
      fs.write('/file', '3', { ifMatch: { version: 2 } }),
      fs.write('/file', 'lost', { ifMatch: { version: 2 } }),
      fs.write('/file', 'lost', { ifMatch: stale }),
      fs.write('/file', 'lost', { ifNoneMatch: '*' }),
      fs.write('/file', '4', { ifMatch: { version: 3 } }),
    ])
    assert.deepEqual(outcomes(results), [3, 'Conflict', 'Conflict', 'AlreadyExists', 4])
    assert.equal(held.commits, 1)
    const told = results[1]?.status === 'rejected' ? results[1].reason.context : undefined
    const now = (await all(fs.versions('/file'))).find(({ version }) => version === 3)
    assert.deepEqual([told.version, told.etag], [3, now?.etag])
    assert.equal(await fs.readText('/file'), '4')
  })

  it('are not told of a failure that only a commit that failed would have caused', async () => {
    await using fixture = await memoryFixture()
    const plan = new FaultPlan(seededRandom(1))
    const fs = await fixture.open({ overMetadata: (store) => new FaultyStore(store, plan) })
    await fs.write('/file', '1')
    const first = fs.write('/file', '2')
    const failing = failure(() => fs.write('/file', '3'))
    const second = fs.write('/file', '4', { ifMatch: { version: 2 } })
    plan.add({ method: 'commit', mode: { kind: 'before', code: 'NoSpace' }, when: { nth: 2 } })
    await first
    assert.equal((await failing).outcome, 'none')
    assert.equal((await second).version, 3)
  })

  it('are judged again when another process comes first', async () => {
    await using held = await Held.open()
    const other = await held.fixture.open({ author: 'other' })
    await held.fs.write('/file', '1')
    const first = held.holdNext('commit')
    const before = held.fs.write('/file', '2')
    await first
    const waiting = [
      held.fs.write('/file', '3', { ifMatch: { version: 2 } }),
      held.fs.write('/file', '4', { ifMatch: { version: 3 } }),
      held.fs.write('/file', '5'),
    ]
    await new Promise((resolve) => setTimeout(resolve, 50))
    held.release()
    const second = held.holdNext('commit')
    await before
    await second
    await other.write('/file', 'theirs')
    held.release()
    assert.deepEqual(outcomes(await Promise.allSettled(waiting)), ['Conflict', 4, 5])
    assert.equal(await held.fs.readText('/file'), '5')
  })

  it('leave without a trace when they are cancelled while they wait', async () => {
    await using held = await Held.open()
    const { fs } = held
    const controller = new AbortController()
    const reached = held.holdNext('commit')
    const before = fs.write('/file', 'before')
    await reached
    const kept = fs.write('/file', 'kept')
    const gone = failure(() => fs.write('/file', 'gone', { signal: controller.signal }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const last = fs.append('/file', ' and more', { signal: new AbortController().signal })
    await new Promise((resolve) => setTimeout(resolve, 50))
    controller.abort()
    const error = await gone
    assert.deepEqual([error.code, error.outcome], ['Aborted', 'none'])
    held.release()
    await Promise.all([before, kept, last])
    assert.equal(await fs.readText('/file'), 'kept and more')
    assert.equal((await all(fs.versions('/file'))).length, 3)
  })

  it('are told at once when they are cancelled during the commit, of which nobody knows; the others go on', async () => {
    await using held = await Held.open()
    const { fs } = held
    const controller = new AbortController()
    const first = held.holdNext('commit')
    const before = fs.write('/file', 'before')
    await first
    const gone = failure(() => fs.write('/file', 'gone', { signal: controller.signal }))
    const kept = fs.write('/file', 'kept')
    await new Promise((resolve) => setTimeout(resolve, 50))
    held.release()
    const second = held.holdNext('commit')
    await before
    await second
    controller.abort()
    const error = await gone
    assert.deepEqual([error.code, error.outcome], ['Aborted', 'unknown'])
    held.release()
    assert.equal((await kept).version, 3)
    assert.equal(await fs.readText('/file', { version: 2 }), 'gone')
  })

  it('go with those of the same author, reason and parents only, in their order', async () => {
    await using held = await Held.open()
    const { fs } = held
    const options = [{}, {}, { author: 'bob' }, { author: 'bob' }, { author: 'bob', reason: 'why' }, {}]
    const results = await behindAnother(held, '/file', () => options.map((each, index) => fs.write('/file', String(index), each)))
    assert.equal(held.commits, 4)
    assert.deepEqual(outcomes(results), [2, 3, 4, 5, 6, 7])
    const versions = (await all(fs.versions('/file'))).reverse().slice(1)
    assert.deepEqual(
      versions.map(({ author, reason }) => [author, reason]),
      options.map(({ author = 'ann', reason }: { author?: string; reason?: string }) => [author, reason]),
    )
  })

  it('go alone with content that has an upload of its own', async () => {
    await using held = await Held.open(1000)
    const { fs } = held
    const results = await behindAnother(held, '/file', () => [
      fs.write('/file', fresh(900)),
      fs.write('/file', fresh(1001)),
      fs.write('/file', fresh(900)),
    ])
    assert.deepEqual(outcomes(results), [2, 3, 4])
    const appended = await Promise.all(Array.from({ length: 8 }, () => fs.append('/file', fresh(90))))
    assert.deepEqual(
      appended.map(({ version, size }) => [version, size]),
      appended.map((_, index) => [index + 5, 990 + 90 * index]),
    )
  })

  it('may write equal content, also over and over', async () => {
    await using held = await Held.open()
    const content = fresh(5000)
    await behindAnother(held, '/file', () => [content, fresh(4000), content, content].map((each) => held.fs.write('/file', each)))
    assert.deepEqual(Buffer.from(await held.fs.read('/file', { version: 2 })), Buffer.from(content))
    assert.deepEqual(Buffer.from(await held.fs.read('/file')), Buffer.from(content))
  })

  it('find their versions when the reply of their commit is lost, once', async () => {
    await using fixture = await memoryFixture()
    const plan = new FaultPlan(seededRandom(1))
    const fs = await fixture.open({ overMetadata: (store) => new FaultyStore(store, plan) })
    await fs.write('/file', '1')
    const first = fs.write('/file', '2')
    const rest = ['3', '4', '5'].map((text) => fs.write('/file', text))
    plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 2 } })
    assert.deepEqual(
      (await Promise.all([first, ...rest])).map(({ version }) => version),
      [2, 3, 4, 5],
    )
    assert.equal((await all(fs.versions('/file'))).length, 5)
  })
})
