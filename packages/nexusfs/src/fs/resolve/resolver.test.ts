import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import type {
  Commit,
  CommitResult,
  MetadataEntry,
  MetadataStore,
  ReadReply,
  ReadRequest,
  StoreCallOptions,
} from '../../metadata/metadata-store.ts'
import { InterceptedStore } from '../../testing/intercepted-store.ts'
import { freshSeed, seededRandom } from '../../testing/seeded-random.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { all, failure, isOnServer, memoryFixture, RecordingStore, type StoreFixture } from '../store.test-fixture.ts'

/** A store in front of another client's, in which something happens before a call, and which may be wrong in one way. */
class StagedStore extends InterceptedStore {
  /** Called once, before the next commit. */
  beforeCommit: (() => Promise<unknown>) | undefined
  /** Called once, before the n-th key of the next read, if keys are read one by one; else before the read. */
  duringRead: (() => Promise<unknown>) | undefined
  readonly #wrong: 'no' | 'torn reads' | 'no ancestors'

  constructor(inner: MetadataStore, wrong: 'no' | 'torn reads' | 'no ancestors' = 'no') {
    super(inner, (call) => call.run())
    this.#wrong = wrong
  }

  override async read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    const happens = this.duringRead
    this.duringRead = undefined
    if (happens === undefined) return super.read(request, options)
    if (this.#wrong !== 'torn reads') {
      await happens()
      return super.read(request, options)
    }
    const get: (MetadataEntry | undefined)[] = []
    for (const [index, key] of (request.get ?? []).entries()) {
      if (index === 2) await happens()
      get.push((await super.read({ get: [key] })).get[0])
    }
    return { ...(await super.read({ scan: request.scan })), get }
  }

  override async commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    const happens = this.beforeCommit
    this.beforeCommit = undefined
    await happens?.()
    if (this.#wrong !== 'no ancestors') return super.commit(commits, options)
    return super.commit(
      commits.map(({ expect, writes }) => ({ expect: expect.filter(({ kind }) => kind !== 'at'), writes })),
      options,
    )
  }
}

interface TwoClients extends AsyncDisposable {
  readonly fixture: StoreFixture
  /** Whose hints grow stale. */
  readonly fs: NexusFS
  readonly store: StagedStore
  /** Who changes the tree meanwhile. */
  readonly other: NexusFS
}

async function twoClients(wrong?: ConstructorParameters<typeof StagedStore>[1]): Promise<TwoClients> {
  const fixture = await memoryFixture()
  const stores: StagedStore[] = []
  const fs = await fixture.open({
    overMetadata: (inner) => {
      const store = new StagedStore(inner, wrong)
      stores.push(store)
      return store
    },
  })
  const [store] = stores
  assert.ok(store)
  const other = await fixture.open()
  return { fixture, fs, store, other, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() }
}

const paths = async (fs: NexusFS): Promise<string[]> => (await all(fs.walk('/'))).map(({ path }) => path)

describe('a path whose directories were changed by others', () => {
  it('that were moved away and made anew leads to the new ones', async () => {
    await using it = await twoClients()
    await it.other.write('/a/b/c/file', 'old')
    assert.equal(await it.fs.readText('/a/b/c/file'), 'old')
    for (const moved of ['/a/b/c', '/a/b', '/a']) {
      await it.other.move(moved, `/away${moved}`)
      assert.equal(await it.fs.exists('/a/b/c/file'), false)
      assert.equal(await it.fs.stat('/a/b/c'), undefined)
      assert.equal((await failure(() => it.fs.read('/a/b/c/file'))).code, 'NotFound')
      assert.equal((await failure(() => all(it.fs.list('/a/b/c')))).code, 'NotFound')
      await it.other.write('/a/b/c/file', `new ${moved}`)
      assert.equal(await it.fs.readText('/a/b/c/file'), `new ${moved}`)
      assert.deepEqual(
        (await all(it.fs.list('/a/b/c'))).map(({ path }) => path),
        ['/a/b/c/file'],
      )
      await it.other.remove('/away', { recursive: true })
    }
  })

  it('that were removed and restored leads to the old ones', async () => {
    await using it = await twoClients()
    await it.other.write('/a/b/file', 'x')
    assert.equal(await it.fs.readText('/a/b/file'), 'x')
    await it.other.remove('/a', { recursive: true })
    assert.equal(await it.fs.exists('/a/b/file'), false)
    await it.other.restore('/a')
    assert.equal(await it.fs.readText('/a/b/file'), 'x')
  })

  it('that became files, or were files, is what it is now', async () => {
    await using it = await twoClients()
    await it.other.write('/a/b/file', 'x')
    await it.fs.stat('/a/b/file')
    await it.other.remove('/a/b', { recursive: true })
    await it.other.write('/a/b', 'now a file')
    assert.equal((await failure(() => it.fs.write('/a/b/file', 'y'))).code, 'NotADirectory')
    assert.equal(await it.fs.readText('/a/b'), 'now a file')
    await it.other.remove('/a/b')
    await it.other.write('/a/b/file', 'z')
    assert.equal(await it.fs.readText('/a/b/file'), 'z')
  })

  it('absent below a wrong directory is not believed to be absent', async () => {
    await using it = await twoClients()
    await it.other.write('/a/b/file', 'x')
    await it.fs.stat('/a/b/file')
    await it.other.move('/a', '/away')
    await it.other.write('/a/b/only-here', 'y')
    // The hints lead into /away/a/b, where this name is absent.
    assert.equal(await it.fs.exists('/a/b/only-here'), true)
    assert.equal((await failure(() => it.fs.write('/a/b/only-here', 'z', { ifNoneMatch: '*' }))).code, 'AlreadyExists')
    assert.equal((await it.fs.write('/a/b/only-here', 'z')).version, 2)
  })

  it('is written at its new path, and the old path is not touched', async () => {
    await using it = await twoClients()
    await it.other.write('/a/b/file', 'x')
    await it.fs.stat('/a/b/file')
    await it.other.move('/a', '/away')
    await it.fs.write('/a/b/file', 'y')
    assert.equal(await it.other.readText('/away/b/file'), 'x')
    assert.equal(await it.other.readText('/a/b/file'), 'y')
  })

  it('costs a further read, and only once', async () => {
    await using fixture = await memoryFixture()
    const stores: RecordingStore[] = []
    const fs = await fixture.open({
      overMetadata: (store) => {
        const recording = new RecordingStore(store)
        stores.push(recording)
        return recording
      },
    })
    const [recording] = stores
    assert.ok(recording)
    const other = await fixture.open()
    await other.write('/a/b/file', 'x')
    const reads = async (): Promise<number> => {
      recording.forget()
      await fs.stat('/a/b/file')
      return recording.reads.length
    }
    assert.equal(await reads(), 3)
    assert.equal(await reads(), 1)
    await other.move('/a', '/away')
    await other.write('/a/b/file', 'y')
    assert.equal(await reads(), 2 + 1)
    assert.equal(await reads(), 1)
  })

  it('whatever two clients do in turn, is what a third sees who believes nothing', { timeout: 60_000 }, async () => {
    const seed = Number(process.env.NEXUS_SEED ?? freshSeed())
    // Every step opens the store once more, which takes longer on a server.
    const runs = isOnServer ? 6 : 40
    for (let run = 0; run < runs; run++) {
      const random = seededRandom('stale hints', seed, run)
      await using fixture = await memoryFixture()
      const clients = [await fixture.open(), await fixture.open()]
      const path = (): string => `/${Array.from({ length: random.integer(1, 4) }, () => random.pick(['a', 'b', 'c'])).join('/')}`
      for (let step = 0; step < 60; step++) {
        const fs = random.pick(clients)
        const change = random.pick([
          () => fs.write(path(), `step ${step}`),
          () => fs.mkdir(path(), { recursive: true }),
          () => fs.move(path(), path()),
          () => fs.remove(path(), { recursive: true }),
          () => fs.restore(path()),
        ])
        await change().catch((error: unknown) => {
          if (!isNexusError(error) || error.code === 'Unexpected') throw error
        })
        const cold = await fixture.open()
        const asked = path()
        const where = `seed ${seed}, run ${run}, step ${step}, ${asked}; replay with NEXUS_SEED=${seed}`
        for (const client of clients) {
          assert.deepEqual(await client.stat(asked), await cold.stat(asked), where)
          assert.equal(await client.exists(asked), await cold.exists(asked), where)
        }
        assert.deepEqual(await paths(random.pick(clients)), await paths(cold), where)
        await cold.close()
      }
    }
  })
})

/** The chain of directories and the entry are one snapshot: a path never shows what stands elsewhere. */
async function readsOneSnapshot(wrong?: 'torn reads'): Promise<void> {
  await using it = await twoClients(wrong)
  await it.other.write('/a/b/file', 'before')
  assert.equal(await it.fs.readText('/a/b/file'), 'before')
  it.store.duringRead = async () => {
    await it.other.move('/a/b', '/elsewhere')
    await it.other.write('/elsewhere/file', 'never at /a/b/file')
    await it.other.write('/a/b/file', 'after')
  }
  assert.match(await it.fs.readText('/a/b/file'), /^(before|after)$/)
}

/** A change lands where its path leads at the instant of the commit, or fails. */
async function landsWhereItLeads(wrong?: 'no ancestors'): Promise<void> {
  for (const ancestor of ['/a', '/a/b', '/a/b/c']) {
    const changes: readonly ((fs: NexusFS) => Promise<unknown>)[] = [
      (fs) => fs.write('/a/b/c/new', 'x', { parents: false }),
      (fs) => fs.write('/a/b/c/file', 'x', { parents: false }),
      (fs) => fs.writeBatch([{ path: '/a/b/c/new', content: 'x' }], { parents: false }),
      (fs) => fs.mkdir('/a/b/c/new'),
      (fs) => fs.remove('/a/b/c/file'),
      (fs) => fs.rmdir('/a/b/c/empty'),
      (fs) => fs.move('/a/b/c/file', '/a/b/c/new'),
      (fs) => fs.move('/a/b/c/file', '/outside'),
      (fs) => fs.move('/top', '/a/b/c/new', { parents: false }),
      (fs) => fs.copy('/top', '/a/b/c/new', { parents: false }),
      (fs) => fs.restore('/a/b/c/gone', { parents: false }),
      (fs) => fs.rollback('/a/b/c/file', 1),
    ]
    for (const change of changes) {
      await using it = await twoClients(wrong)
      await it.other.write('/a/b/c/file', 'x')
      await it.other.write('/a/b/c/file', 'y')
      await it.other.write('/a/b/c/gone', 'z')
      await it.other.remove('/a/b/c/gone')
      await it.other.mkdir('/a/b/c/empty')
      await it.other.write('/top', 'top')
      const before = await paths(it.other)
      it.store.beforeCommit = () => it.other.remove(ancestor, { recursive: true })
      assert.equal((await failure(() => change(it.fs))).code, 'NotFound', `${ancestor} removed: ${change}`)
      await it.other.restore(ancestor)
      assert.deepEqual(await paths(it.other), before, `${ancestor} removed: ${change}`)
      assert.equal(await it.other.readText('/a/b/c/file'), 'y')
    }
  }
}

describe('a look at a path', () => {
  it('is one snapshot', () => readsOneSnapshot())

  it('notices a store that answers from several', () => assert.rejects(readsOneSnapshot('torn reads'), assert.AssertionError))
})

describe('a change below a directory that is removed between the look and the commit', () => {
  it('is not made, wherever above it the directory is', () => landsWhereItLeads())

  it('notices expectations that are left out', () => assert.rejects(landsWhereItLeads('no ancestors'), Error))

  it('is made where the path leads, if the directory was exchanged for another', async () => {
    await using it = await twoClients()
    await it.other.write('/a/b/file', 'x')
    await it.other.write('/other/file', 'y')
    await it.fs.stat('/a/b/file')
    it.store.beforeCommit = async () => {
      await it.other.move('/a/b', '/a/away')
      await it.other.move('/other', '/a/b')
    }
    assert.equal((await it.fs.write('/a/b/file', 'z')).version, 2)
    assert.equal(await it.other.readText('/a/away/file'), 'x')
    assert.equal(await it.other.readText('/a/b/file'), 'z')
  })

  it('does not bring a directory below itself, whoever moves it there meanwhile', async () => {
    await using it = await twoClients()
    await it.other.mkdir('/a')
    await it.other.mkdir('/b')
    it.store.beforeCommit = () => it.other.move('/a', '/b/a')
    const error = await failure(() => it.fs.move('/b', '/a/b', { parents: false }))
    assert.equal(error.code, 'NotFound')
    assert.deepEqual(await paths(it.other), ['/b', '/b/a'])
  })

  it('does not remove a directory that is no longer empty', async () => {
    await using it = await twoClients()
    await it.other.mkdir('/d')
    it.store.beforeCommit = () => it.other.write('/d/file', 'x')
    assert.equal((await failure(() => it.fs.rmdir('/d'))).code, 'NotEmpty')
    assert.equal(await it.other.readText('/d/file'), 'x')
  })

  it('makes a parent once, if another makes it meanwhile', async () => {
    await using it = await twoClients()
    it.store.beforeCommit = () => it.other.write('/p/q/theirs', 'x')
    await it.fs.write('/p/q/ours', 'y')
    assert.deepEqual(await paths(it.other), ['/p', '/p/q', '/p/q/ours', '/p/q/theirs'])
  })
})
