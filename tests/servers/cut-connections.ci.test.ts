// Guards: fs/commit/committer.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { type Commit, type CommitResult, isNexusError, type MetadataStore, type StoreCallOptions } from 'nexusfs'
import { type CutMoment, InterceptedStore, TcpProxy } from 'nexusfs/testing'
import { describe, it } from 'vitest'
import { CommitWatch } from './commit-watch.ts'
import { type ServerKind, serverFixture, sharedServer } from './server-fixtures.ts'
import { type HistoryReport, WrittenHistory } from './written-history.ts'

const rounds = 200
const moments: readonly CutMoment[] = ['before', 'during', 'after']
const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]

/** Sends a commit again whose reply was lost, as a client library might: what must never be done. */
class BlindlyRepeatingStore extends InterceptedStore {
  constructor(inner: MetadataStore) {
    super(inner, (call) => call.run())
  }

  override async commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    try {
      return await super.commit(commits, options)
    } catch (error) {
      if (!isNexusError(error) || error.outcome === 'none') throw error
      return super.commit(commits, options)
    }
  }
}

interface CutRun {
  readonly report: HistoryReport
  /** Of the commits whose reply was lost. */
  readonly fates: Awaited<ReturnType<CommitWatch['fates']>>
  readonly cuts: Readonly<Record<CutMoment, number>>
}

/** Three writers at once in every round, one of them on a path that all rounds share; the connection of their commits is cut. */
async function writeWhileCut(kind: ServerKind, url: string, sabotage?: (store: MetadataStore) => MetadataStore): Promise<CutRun> {
  await using proxy = await proxyTo(url)
  await using fixture = await serverFixture(kind, url)
  let next: CutMoment | undefined
  const watches: CommitWatch[] = []
  const fs = await fixture.open({
    through: proxy,
    inlineBytes: 128,
    overMetadata: (store) => {
      const watch = new CommitWatch(sabotage?.(store) ?? store, () => {
        if (next !== undefined) proxy.cutNext(next, Math.max(0, Math.random() * 3 - 1))
        next = undefined
      })
      watches.push(watch)
      return watch
    },
  })
  const history = new WrittenHistory()
  await history.write(fs, '/shared')
  for (let round = 0; round < rounds; round++) {
    next = moments[round % moments.length]
    await Promise.all([
      history.write(fs, `/d${round % 5}/a`),
      history.write(fs, `/d${round % 5}/b`),
      history.write(fs, '/shared'),
    ])
  }
  const [watch = assert.fail('no store was opened')] = watches
  const report = await history.check(await fixture.open())
  const fates = await watch.fates()
  return { report, fates, cuts: { before: proxy.cuts('before'), during: proxy.cuts('during'), after: proxy.cuts('after') } }
}

async function proxyTo(url: string): Promise<TcpProxy & AsyncDisposable> {
  const { hostname, port } = new URL(url)
  const proxy = await TcpProxy.listen({ host: hostname, port: Number(port) })
  return Object.assign(proxy, { [Symbol.asyncDispose]: () => proxy.close() })
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`a connection that is cut, on local-${kind}`, () => {
    it('before, during and after a commit loses no acknowledged write, and makes no second version', async () => {
      const { report, fates, cuts } = await writeWhileCut(kind, server?.url ?? '')
      console.log(`${kind}: cut ${JSON.stringify(cuts)}; ambiguous commits ${JSON.stringify(fates)}; ${JSON.stringify(report)}`)
      assert.deepEqual(report.violations, [])
      assert.equal(report.unknown, 0, 'every write found out what became of it')
      for (const moment of moments) assert.ok(cuts[moment] > 0, `never ${moment} a commit`)
      assert.ok(fates.applied > 0 && fates.notApplied > 0, 'both fates were seen')
      assert.ok(fates.applied + fates.notApplied >= 50, 'too few commits were ambiguous')
    })

    it('makes second versions if a client repeats blindly what it does not know, and this test sees them', async () => {
      const { report } = await writeWhileCut(kind, server?.url ?? '', (store) => new BlindlyRepeatingStore(store))
      console.log(
        `${kind}, repeating blindly: ${report.violations.length} violations, slowest write ${report.slowestMs.toFixed(0)} ms`,
      )
      assert.match(report.violations.join('\n'), /one write made the versions/)
    })
  })
}
