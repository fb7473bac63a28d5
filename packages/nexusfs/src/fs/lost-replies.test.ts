// Guards: fs/commit/committer.ts, fs/commit/mutation.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { logGroup } from '../metadata/keyspace.ts'
import { type FaultMode, FaultPlan } from '../testing/fault-plan.ts'
import { FaultyStore } from '../testing/faulty-backend.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import type { NexusFS } from './nexus-fs.ts'
import { type LocalFolders, prepareSamples, type Sample, samples } from './operation-samples.test-fixture.ts'
import { all, FakeClock, failure, fresh, memoryFixture, type StoreFixture, sqliteFixture } from './store.test-fixture.ts'

const content = fresh(2000)

/** Every operation that commits, once; what it gives is compared with what it gives when nothing goes wrong. */
const changes = samples.filter(({ operation, mutates }) => mutates && operation !== 'importTree')
const noFolders: LocalFolders = { source: '', target: () => '' }

/** What a user can see, without what differs from run to run. */
async function seen(fs: NexusFS): Promise<unknown> {
  const entries = []
  for (const entry of await all(fs.walk('/'))) {
    if (entry.kind === 'directory') entries.push([entry.path, entry.author])
    else if (entry.kind === 'link') entries.push([entry.path, plain(entry)])
    else
      entries.push([
        entry.path,
        plain(entry),
        Buffer.from(await fs.read(entry.path)).toString('hex'),
        await history(fs, entry.path),
      ])
  }
  return entries
}

async function history(fs: NexusFS, path: string): Promise<unknown> {
  return (await all(fs.versions(path))).map(({ version, size, digest, reason }) => [version, size, digest, reason])
}

function plain(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(plain)
  if (typeof result !== 'object' || result === null) return result
  return Object.fromEntries(
    Object.entries(result).filter(([name]) => !['etag', 'createdAt', 'modifiedAt', 'changedAt'].includes(name)),
  )
}

async function commitsLogged(fixture: StoreFixture): Promise<number> {
  const metadata = await fixture.metadata()
  return (await metadata.read({ scan: [{ group: logGroup, limit: 1000 }] })).scan[0]?.entries.length ?? 0
}

interface Faulty extends AsyncDisposable {
  readonly fixture: StoreFixture
  readonly fs: NexusFS
  readonly plan: FaultPlan
  settled(): Promise<void>
}

/** A file system with the prepared tree, which can be made to fail, and which has its lease already. */
async function faulty(makeFixture: () => Promise<StoreFixture>, clock?: FakeClock): Promise<Faulty> {
  const it = await faultyWithoutLease(makeFixture, clock)
  await prepareSamples(it.fs)
  return it
}

async function faultyWithoutLease(makeFixture: () => Promise<StoreFixture>, clock?: FakeClock): Promise<Faulty> {
  const fixture = await makeFixture()
  const plan = new FaultPlan(seededRandom(1))
  const stores: FaultyStore[] = []
  const fs = await fixture.open({
    inlineBytes: 0,
    clock,
    overMetadata: (store) => {
      const over = new FaultyStore(store, plan)
      stores.push(over)
      return over
    },
  })
  const settled = async (): Promise<void> => {
    for (const store of stores) await store.settled()
  }
  return { fixture, fs, plan, settled, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() }
}

interface RightRun {
  readonly result: unknown
  readonly state: unknown
  readonly logged: number
}

const rightRuns = new Map<string, Promise<RightRun>>()

/** What an operation leads to when nothing goes wrong, on any combination. */
function rightRun({ name, run }: Sample): Promise<RightRun> {
  const known = rightRuns.get(name)
  if (known !== undefined) return known
  const running = (async () => {
    await using it = await faulty(memoryFixture)
    const result = plain(await run(it.fs, {}, noFolders))
    return { result, logged: await commitsLogged(it.fixture), state: await seen(it.fs) }
  })()
  rightRuns.set(name, running)
  return running
}

for (const [combination, makeFixture] of Object.entries({ 'memory-memory': memoryFixture, 'memory-sqlite': sqliteFixture })) {
  /** Runs every operation with these modes for its first commits, and compares with a run in which nothing goes wrong. */
  const compare = async (...modes: FaultMode[]): Promise<void> => {
    // Large content takes several commits: one that fails may be another than the one whose reply was lost, and fails the call.
    const isFailing = modes.some(({ kind }) => kind === 'before')
    const left = changes.filter(({ name }) => !isFailing || !name.includes('large'))
    const check = async (sample: Sample): Promise<void> => {
      const { name } = sample
      const right = await rightRun(sample)
      await using wrong = await faulty(makeFixture)
      for (const [index, mode] of modes.entries()) wrong.plan.add({ method: 'commit', mode, when: { nth: index + 1 } })
      assert.deepEqual(plain(await sample.run(wrong.fs, {}, noFolders)), right.result, name)
      await wrong.settled()
      const hits = wrong.plan.hits('after') + wrong.plan.hits('late') + wrong.plan.hits('before')
      assert.equal(hits, modes.length, `${name}: the faults did not happen`)
      assert.equal(await commitsLogged(wrong.fixture), right.logged, `${name}: commits`)
      assert.deepEqual(await seen(await wrong.fixture.open()), right.state, name)
    }
    // A server takes a hundred connections, and each run has three or four.
    while (left.length > 0) await Promise.all(left.splice(0, 15).map(check))
  }

  describe(`a commit whose reply is lost, on ${combination}`, () => {
    it('and that was applied, is found: one version, the right result', () => compare({ kind: 'after' }))

    it('and that is applied 200 ms later, never takes effect beside its repetition', () =>
      compare({ kind: 'late', delayMs: 200 }))

    it('and that is applied later still, does not bring back what was removed meanwhile', async () => {
      await using it = await faulty(makeFixture)
      const changes: readonly (() => Promise<unknown>)[] = [
        () => it.fs.write('/d/late', 'x'),
        () => it.fs.mkdir('/d/late'),
        () => it.fs.copy('/d/file', '/d/late'),
      ]
      for (const change of changes) {
        it.plan.clear()
        it.plan.add({ method: 'commit', mode: { kind: 'late', delayMs: 100 }, when: { nth: 1 } })
        await change()
        await it.fs.remove('/d/late', { recursive: true })
        await it.settled()
        assert.equal(await it.fs.exists('/d/late'), false, String(change))
      }
    })

    it('is resolved although replies go on being lost', async () => {
      await compare({ kind: 'after' }, { kind: 'after' })
      await compare({ kind: 'after' }, { kind: 'after' }, { kind: 'before' })
      await compare({ kind: 'late', delayMs: 30 }, { kind: 'late', delayMs: 30 })
      await compare({ kind: 'late', delayMs: 30 }, { kind: 'before' }, { kind: 'after' })
    })

    it('is resolved although the log cannot be read at once', async () => {
      for (const kind of ['after', 'before'] as const) {
        await using it = await faulty(makeFixture)
        await it.fs.stat('/d/file')
        it.plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 1 } })
        it.plan.add({ method: 'read', mode: { kind }, when: { nth: 2 } })
        assert.equal((await it.fs.write('/d/file', 'x')).version, 3)
        assert.equal((await all(it.fs.versions('/d/file'))).length, 3)
      }
    })

    it('is resolved for the lease before the first upload', async () => {
      for (const mode of [{ kind: 'after' }, { kind: 'late', delayMs: 20 }] as const) {
        await using it = await faultyWithoutLease(makeFixture)
        it.plan.add({ method: 'commit', mode, when: { nth: 1 } })
        assert.equal((await it.fs.write('/file', content)).version, 1)
        await it.settled()
        assert.deepEqual(await (await it.fixture.open()).read('/file'), content)
      }
    })

    it('gives the returned etag of the version that is there', async () => {
      for (const mode of [{ kind: 'after' }, { kind: 'late', delayMs: 20 }] as const) {
        await using it = await faulty(makeFixture)
        it.plan.add({ method: 'commit', mode, when: { nth: 1 } })
        const { etag } = await it.fs.write('/d/file', 'x')
        const now = await it.fs.stat('/d/file')
        assert.equal(now?.kind === 'file' && now.etag, etag)
        assert.equal((await it.fs.write('/d/file', 'y', { ifMatch: etag })).version, 4)
      }
    })
  })

  describe(`a commit that is refused before anything happens, on ${combination}`, () => {
    it('fails with the code of the store, says that nothing was applied, and may be made again', async () => {
      for (const { name, run } of changes) {
        await using it = await faulty(makeFixture)
        const before = await seen(it.fs)
        const fault = it.plan.add({
          method: 'commit',
          mode: { kind: 'before', code: 'NoSpace' },
          when: { nth: 1, repeats: true },
        })
        const error = await failure(() => run(it.fs, {}, noFolders))
        assert.deepEqual([error.code, error.outcome], ['NoSpace', 'none'], name)
        assert.deepEqual(await seen(it.fs), before, name)
        fault.cancel()
        await run(it.fs, {}, noFolders)
      }
    })

    it('leaves no blob behind', async () => {
      await using it = await faulty(makeFixture)
      const storage = await it.fixture.storage()
      const before = (await storage.list()).blobs.length
      it.plan.add({ method: 'commit', mode: { kind: 'before' }, when: { nth: 1 } })
      const [lost, large] = [fresh(1000), fresh(700_000)]
      const error = await failure(() =>
        it.fs.writeBatch([
          { path: '/d/lost', content: lost },
          { path: '/d/large', content: large },
        ]),
      )
      assert.equal(error.code, 'Unavailable')
      await it.fs.close()
      assert.equal((await storage.list()).blobs.length, before)
    })
  })

  describe(`an outage that lasts, on ${combination}`, () => {
    it('ends the call within its 30 s, with Unavailable and outcome unknown', async () => {
      for (const kind of ['after', 'before'] as const) {
        const clock = new FakeClock()
        await using it = await faulty(makeFixture, clock)
        await it.fs.stat('/d/file')
        it.plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 1 } })
        it.plan.add({ method: '*', mode: { kind }, when: { nth: 3, repeats: true } })
        const started = clock.monotonic()
        const error = await failure(() => it.fs.write('/d/file', content))
        assert.deepEqual([error.code, error.retry, error.outcome], ['Unavailable', 'exhausted', 'unknown'])
        const waited = clock.monotonic() - started
        assert.ok(waited >= 30_000 && waited < 32_000, `${waited} ms`)
        // The commit was applied, as it turns out: nothing that it needs may have been taken back.
        const after = await it.fixture.open()
        assert.deepEqual(await after.read('/d/file'), content)
        assert.equal((await all(after.versions('/d/file'))).length, 3)
      }
    })

    it('before the first upload says that nothing was written', async () => {
      const clock = new FakeClock()
      await using it = await faultyWithoutLease(makeFixture, clock)
      it.plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 1, repeats: true } })
      const started = clock.monotonic()
      const error = await failure(() => it.fs.write('/file', content))
      assert.deepEqual([error.code, error.outcome], ['Unavailable', 'none'])
      assert.ok(clock.monotonic() - started < 32_000)
      assert.equal(await it.fs.exists('/file'), false)
      assert.deepEqual((await (await it.fixture.storage()).list()).blobs, [])
    })
  })
}
