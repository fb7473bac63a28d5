import type { Expectation, MetadataStore } from 'nexusfs'
import { toRevision } from 'nexusfs/adapter-kit'
import { expectEqual } from '../expect.ts'
import { absent, at, commitOne, key, type MetadataLaw, mustCommit, present, put, range, remove, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

export const expectationLaws: readonly MetadataLaw[] = [
  {
    id: 'expect-at',
    member: 'commit',
    title: '`at` holds for the exact revision of the entry, not for an older or a later one',
    sentence: sentences.expectAt,
    async check({ port }) {
      const first = await mustCommit(port, [put(key('a'))])
      const second = await mustCommit(port, [put(key('a'))])
      await expectHolds(port, at(key('a'), second), 'the exact revision')
      await expectFails(port, at(key('a'), first), 'the revision before')
      await expectFails(port, at(key('a'), toRevision(second + 1)), 'a revision to come')
    },
  },
  {
    id: 'expect-at-absent',
    member: 'commit',
    title: '`at` fails for a key without an entry, whatever the revision',
    sentence: sentences.expectAt,
    async check({ port }) {
      const revision = await mustCommit(port, [put(key('other'))])
      await expectFails(port, at(key('a'), revision), 'the revision of another key')
      await expectFails(port, at(key('a'), toRevision(0)), 'revision 0')
    },
  },
  {
    id: 'expect-absent',
    member: 'commit',
    title: '`absent` holds for a key without an entry, and fails for any entry, also an empty one',
    sentence: sentences.expectAbsent,
    async check({ port }) {
      await mustCommit(port, [put(key('full'), 'value'), put(key('empty'), '')])
      await expectHolds(port, absent(key('a')), 'no entry')
      await expectFails(port, absent(key('full')), 'an entry')
      await expectFails(port, absent(key('empty')), 'an entry with an empty value')
    },
  },
  {
    id: 'expect-absent-deleted',
    member: 'commit',
    title: '`absent` holds again, and `present` fails, once the key is deleted',
    sentence: sentences.expectAbsent,
    async check({ port }) {
      await mustCommit(port, [put(key('a'))])
      await mustCommit(port, [remove(key('a'))])
      await expectFails(port, present(key('a')), 'deleted')
      await expectHolds(port, absent(key('a')), 'deleted')
    },
  },
  {
    id: 'expect-present',
    member: 'commit',
    title: '`present` holds for any entry, and fails for a key without one',
    sentence: sentences.expectPresent,
    async check({ port }) {
      await mustCommit(port, [put(key('full'), 'value'), put(key('empty'), '')])
      await expectHolds(port, present(key('full')), 'an entry')
      await expectHolds(port, present(key('empty')), 'an entry with an empty value')
      await expectFails(port, present(key('a')), 'no entry')
      await expectFails(port, present(key('ful')), 'no entry, but one whose item begins so')
    },
  },
  {
    id: 'expect-other-keys',
    member: 'commit',
    title: 'an expectation looks at its own key only, not at one with the same item in another group',
    sentence: sentences.expectPresent,
    async check({ port }) {
      await mustCommit(port, [put(key('a', 'g1'))])
      await expectFails(port, present(key('a', 'g2')), 'the item in another group')
      await expectHolds(port, absent(key('a', 'g2')), 'the item in another group')
    },
  },
  {
    id: 'conflict-first',
    member: 'commit',
    title: 'a conflict names the first of several expectations that failed',
    sentence: sentences.conflict,
    async check({ port }) {
      await mustCommit(port, [put(key('a')), put(key('b'))])
      const expectations = [present(key('a')), absent(key('b')), present(key('b')), absent(key('a')), present(key('z'))]
      const result = await commitOne(port, [put(key('out'))], expectations)
      expectEqual(failedAt(result), 1, 'the index of the first that failed')
    },
  },
  {
    id: 'conflict-first-kinds',
    member: 'commit',
    title: 'the index counts all kinds of expectations in the order given',
    sentence: sentences.conflict,
    async check({ port }) {
      const revision = await mustCommit(port, [put(key('a', 'd1'))])
      const inOrder = [range('d1', 1, revision), range('d1', 0, revision), absent(key('a', 'd1'))]
      expectEqual(failedAt(await commitOne(port, [put(key('out'))], inOrder)), 1, 'the range, which comes before the key')
      const turned = inOrder.toReversed()
      expectEqual(failedAt(await commitOne(port, [put(key('out'))], turned)), 0, 'the key, which comes before the range')
    },
  },
  {
    id: 'conflict-found',
    member: 'commit',
    title: 'a conflict tells the revision of the key it found, and undefined where there is no entry',
    sentence: sentences.conflict,
    async check({ port }) {
      const first = await mustCommit(port, [put(key('a'))])
      const second = await mustCommit(port, [put(key('a'))])
      const found = async (expectation: Expectation): Promise<unknown> => {
        const result = await commitOne(port, [put(key('out'))], [expectation])
        return result.status === 'conflict' ? result.found : result
      }
      expectEqual(await found(at(key('a'), first)), second, 'found by at')
      expectEqual(await found(absent(key('a'))), second, 'found by absent')
      expectEqual(await found(at(key('b'), first)), undefined, 'found by at of an absent key')
      expectEqual(await found(present(key('b'))), undefined, 'found by present of an absent key')
    },
  },
  {
    id: 'expect-many',
    member: 'commit',
    title: 'each of 1,000 expectations of one commit counts',
    sentence: sentences.expectPresent,
    async check({ port }) {
      const keys = upTo(1000).map((index) => key(`item-${index}`))
      await mustCommit(
        port,
        keys.map((target) => put(target)),
      )
      const all = keys.map(present)
      await mustCommit(port, [put(key('out'))], all)
      const result = await commitOne(port, [put(key('out'))], [...all.slice(0, -1), absent(key('item-999'))])
      expectEqual(failedAt(result), 999, 'the last one fails')
    },
  },
  {
    id: 'expect-before-writes',
    member: 'commit',
    title: 'expectations look at the state before the writes of their own commit',
    sentence: sentences.expectRange,
    async check({ port }) {
      const first = await mustCommit(port, [put(key('a', 'd1'))])
      const expectations = [range('d1', 1, first), at(key('a', 'd1'), first), absent(key('b', 'd1'))]
      await mustCommit(port, [remove(key('a', 'd1')), put(key('b', 'd1')), put(key('c', 'd1'))], expectations)
      expectEqual(await statusOf(port, range('d1', 2, toRevision(2 ** 40))), 'committed', 'then the writes are applied')
    },
  },
]

async function expectHolds(port: MetadataStore, expectation: Expectation, what: string): Promise<void> {
  expectEqual(await statusOf(port, expectation), 'committed', `${expectation.kind} holds: ${what}`)
}

async function expectFails(port: MetadataStore, expectation: Expectation, what: string): Promise<void> {
  expectEqual(await statusOf(port, expectation), 'conflict', `${expectation.kind} fails: ${what}`)
}

async function statusOf(port: MetadataStore, expectation: Expectation): Promise<string> {
  const { status } = await commitOne(port, [put(key('out', 'g9'))], [expectation])
  return status
}

function failedAt(result: Awaited<ReturnType<typeof commitOne>>): number | string {
  return result.status === 'conflict' ? result.expectation : result.status
}
