import type { Commit, CommitResult, MetadataStore, ReadReply, ReadRequest } from 'nexusfs'
import { expectEqual, expectThat } from '../expect.ts'
import { opensAgain } from '../law.ts'
import { type MetadataLaw, put, scan, shownKey, upTo } from './fixtures.ts'
import { RandomCommits, randomGroups, randomKeys } from './random-commits.ts'
import { sentences } from './sentences.ts'
import { StoreModel } from './store-model.ts'

export const randomLaws: readonly MetadataLaw[] = [
  {
    id: 'random-commits',
    member: 'commit',
    title: '300 random lists of commits have the results and leave the entries that a model of the store has',
    sentence: sentences.serial,
    async check({ port, random }) {
      const model = new StoreModel()
      const draw = new RandomCommits(random, model)
      let last = 0
      for (const step of upTo(300)) {
        const commits = draw.list()
        const results = await port.commit(commits)
        expectEqual(results.length, commits.length, `step ${step}: a result for each commit`)
        for (const [index, result] of results.entries()) {
          last = follow(model, commits[index], result, last, `step ${step}, member ${index}`)
          if (result.status === 'committed') draw.note(result.revision)
        }
        if (step % 10 === 9) await expectSame(port, model.read(everything), `after step ${step}`)
      }
    },
  },
  {
    id: 'reopen-random',
    member: 'commit',
    title: 'what 60 random lists of commits have left is the same, to the byte and the revision, after close and open',
    sentence: sentences.durable,
    requires: opensAgain(),
    async check({ port, openAnother, random }) {
      const model = new StoreModel()
      const draw = new RandomCommits(random, model)
      for (const _step of upTo(60)) {
        const commits = draw.list()
        for (const [index, result] of (await port.commit(commits)).entries()) {
          if (result.status !== 'committed') continue
          draw.note(result.revision)
          model.apply(commits[index]?.writes ?? [], result.revision)
        }
      }
      const before = await port.read(everything)
      await port.close()
      await expectSame(await openAnother(), before, 'after close and open')
    },
  },
  {
    id: 'random-scans',
    member: 'read',
    title: '300 random scans give the pages that a model of the store gives',
    sentence: sentences.scanOrder,
    async check({ port, random }) {
      const model = new StoreModel()
      const draw = new RandomCommits(random, model)
      const writes = random
        .shuffle(randomKeys)
        .slice(0, 24)
        .map((target, index) => put(target, String(index)))
      const [result] = await port.commit([{ expect: [], writes }])
      follow(model, { expect: [], writes }, result, 0, 'the filling commit')
      for (const _round of upTo(10)) {
        const scans = upTo(30).map(() => draw.scan())
        const { scan: pages } = await port.read({ scan: scans })
        for (const [index, request] of scans.entries()) {
          expectEqual(pages[index], model.scan(request), 'the page of a random scan', describe(request))
        }
      }
    },
  },
]

/** The model does what the store did, if that is what the model finds right. Gives the highest revision so far. */
function follow(
  model: StoreModel,
  commit: Commit | undefined,
  result: CommitResult | undefined,
  last: number,
  what: string,
): number {
  if (commit === undefined || result === undefined) return last
  const conflict = model.conflictOf(commit)
  if (result.status === 'committed' && conflict === undefined) {
    expectThat(result.revision > last, `${what}: a revision above the one before`, {
      actual: result.revision,
      expected: `> ${last}`,
    })
    model.apply(commit.writes, result.revision)
    return result.revision
  }
  expectEqual(
    result,
    conflict === undefined ? { status: 'committed' } : { status: 'conflict', ...conflict },
    `${what}: the result`,
  )
  return last
}

/** All that random commits can have left. */
const everything: ReadRequest = { get: randomKeys, scan: randomGroups.map((group) => scan(group)) }

async function expectSame(port: MetadataStore, expected: Pick<ReadReply, 'get' | 'scan'>, when: string): Promise<void> {
  const actual = await port.read(everything)
  for (const [index, target] of randomKeys.entries()) {
    expectEqual(actual.get[index], expected.get[index], `${when}: the entry`, shownKey(target))
  }
  for (const [index, group] of randomGroups.entries()) {
    expectEqual(actual.scan[index], expected.scan[index], `${when}: the entries of the group ${group}`)
  }
}

function describe(request: ReturnType<RandomCommits['scan']>): string {
  const { group, from, to, limit, reverse } = request
  const [low, high] = [from, to].map((bound) => (bound === undefined ? 'open' : Buffer.from(bound).toString('hex') || 'empty'))
  return `${Buffer.from(group).toString()} from ${low} to ${high}, limit ${limit}${reverse ? ', reverse' : ''}`
}
