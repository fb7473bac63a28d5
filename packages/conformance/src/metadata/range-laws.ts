import type { Expectation, MetadataStore, Revision, Write } from 'nexusfs'
import { toRevision } from 'nexusfs/adapter-kit'
import { expectEqual, expectRejection } from '../expect.ts'
import { commitOne, key, type MetadataLaw, mustCommit, padded, put, range, remove, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

const later = toRevision(2 ** 40)

export const rangeLaws: readonly MetadataLaw[] = [
  {
    id: 'range-empty',
    member: 'commit',
    title: 'a range of count 0 holds while the range is empty, and fails once it is not',
    sentence: sentences.expectRange,
    async check({ port }) {
      await expectHolds(port, range('d1', 0, later), 'an empty group')
      await mustCommit(port, [put(key('a', 'd1'))])
      await expectFails(port, range('d1', 0, later), 'a group with an entry')
      await mustCommit(port, [remove(key('a', 'd1'))])
      await expectHolds(port, range('d1', 0, toRevision(0)), 'a group that is empty again')
    },
  },
  {
    id: 'range-count',
    member: 'commit',
    title: 'a range holds for its exact count, not for a lower or a higher one',
    sentence: sentences.expectRange,
    async check({ port }) {
      await list(port, 'a', 'b', 'c')
      await expectHolds(port, range('d1', 3, later), 'three of three')
      await expectFails(port, range('d1', 2, later), 'two of three')
      await expectFails(port, range('d1', 4, later), 'four of three')
    },
  },
  {
    id: 'range-max-revision',
    member: 'commit',
    title: 'a range holds if its highest revision is exactly the one named, and fails below',
    sentence: sentences.expectRange,
    async check({ port }) {
      const revision = await list(port, 'a', 'b', 'c')
      await expectHolds(port, range('d1', 3, revision), 'the highest revision itself')
      await expectFails(port, range('d1', 3, toRevision(revision - 1)), 'one below')
    },
  },
  {
    id: 'range-sees-put',
    member: 'commit',
    title: 'a put of a new key breaks "this listing is unchanged", wherever it sorts',
    sentence: sentences.expectRange,
    check: ({ port }) => expectSeen(port, [put(key('z', 'd1'))], [put(key('', 'd1'))]),
  },
  {
    id: 'range-sees-delete',
    member: 'commit',
    title: 'a delete breaks "this listing is unchanged"',
    sentence: sentences.expectRange,
    check: ({ port }) => expectSeen(port, [remove(key('b', 'd1'))], [remove(key('a', 'd1'))]),
  },
  {
    id: 'range-sees-overwrite',
    member: 'commit',
    title: 'a put of a known key breaks "this listing is unchanged", also if its value is the same',
    sentence: sentences.expectRange,
    check: ({ port }) => expectSeen(port, [put(key('b', 'd1'))], [put(key('c', 'd1'))]),
  },
  {
    id: 'range-sees-replace',
    member: 'commit',
    title: 'a delete and a put in one commit, which leave the count, break "this listing is unchanged"',
    sentence: sentences.expectRange,
    check: ({ port }) => expectSeen(port, [remove(key('a', 'd1')), put(key('aa', 'd1'))]),
  },
  {
    id: 'range-bounds',
    member: 'commit',
    title: 'a range counts from `from` (inclusive) to `to` (exclusive) and nothing else',
    sentence: sentences.scanBounds,
    async check({ port }) {
      const revision = await list(port, 'a', 'b', 'c', 'd')
      await expectHolds(port, range('d1', 2, revision, { from: 'b', to: 'd' }), 'b and c')
      await mustCommit(port, [put(key('a', 'd1')), put(key('d', 'd1')), put(key('bb', 'd2'))])
      await expectHolds(port, range('d1', 2, revision, { from: 'b', to: 'd' }), 'b and c, with changes all around')
      await mustCommit(port, [put(key('cz', 'd1'))])
      await expectFails(port, range('d1', 2, revision, { from: 'b', to: 'd' }), 'a new item within')
    },
  },
  {
    id: 'range-open-bounds',
    member: 'commit',
    title: 'a range without bounds counts its whole group, the empty item and those of 0xff bytes included',
    sentence: sentences.scanBounds,
    async check({ port }) {
      await mustCommit(
        port,
        ['', 'm', Uint8Array.of(0xff, 0xff)].map((item) => put(key(item, 'd1'))),
      )
      await expectHolds(port, range('d1', 3, later), 'the whole group')
      await expectHolds(port, range('d1', 1, later, { from: 'n' }), 'above n')
      await expectHolds(port, range('d1', 1, later, { to: 'm' }), 'below m')
      await expectHolds(port, range('d1', 0, later, { to: '' }), 'below the empty item')
    },
  },
  {
    id: 'range-references',
    member: 'commit',
    title: 'ranges are expected in groups of references too',
    sentence: sentences.rangedGroup,
    async check({ port }) {
      const revision = await mustCommit(port, [put(key('a', 'r1'))])
      await expectHolds(port, range('r1', 1, revision), 'one reference')
      await expectFails(port, range('r1', 0, revision), 'no reference')
    },
  },
  {
    id: 'range-found',
    member: 'commit',
    title: 'a failed range tells the highest revision in it, and undefined if it is empty',
    sentence: sentences.conflict,
    async check({ port }) {
      await mustCommit(port, [put(key('c', 'd1'))])
      const highest = await mustCommit(port, [put(key('a', 'd1'))])
      const found = async (expectation: Expectation): Promise<unknown> => {
        const result = await commitOne(port, [put(key('out'))], [expectation])
        return result.status === 'conflict' ? result.found : result
      }
      expectEqual(await found(range('d1', 0, later)), highest, 'the highest, which is not the last')
      expectEqual(await found(range('d2', 1, later)), undefined, 'an empty range')
    },
  },
  {
    id: 'range-undeclared',
    member: 'commit',
    title: 'a range expected in a group that is not declared for it is refused, and nothing is applied',
    sentence: sentences.rangedGroup,
    async check({ port }) {
      for (const group of ['g', 'l', 'xd']) {
        const call = () => commitOne(port, [put(key('out', 'd1'))], [range(group, 0, later)])
        await expectRejection(call, 'InvalidArgument', `a range in the group ${group}`)
      }
      await expectHolds(port, range('d1', 0, later), 'nothing was applied')
    },
  },
  {
    id: 'range-large',
    member: 'commit',
    title: 'a range may count 10,000 entries',
    sentence: sentences.expectRange,
    async check({ port }) {
      const revision = await mustCommit(
        port,
        upTo(10_000).map((index) => put(key(padded(index), 'd1'))),
      )
      await expectHolds(port, range('d1', 10_000, revision), '10,000 of 10,000')
      await expectFails(port, range('d1', 9999, revision), '9,999 of 10,000')
    },
  },
]

/** Lists a, b, c, makes each change on its own, and expects the listing to be unchanged, which is to fail each time. */
async function expectSeen(port: MetadataStore, ...changes: readonly (readonly Write[])[]): Promise<void> {
  for (const change of changes) {
    const revision = await list(port, 'a', 'b', 'c')
    await expectHolds(port, range('d1', 3, revision), 'the listing before the change')
    await mustCommit(port, change)
    await expectFails(port, range('d1', 3, revision), 'the listing after the change')
    await mustCommit(port, [...['', 'a', 'aa', 'b', 'c', 'z'].map((item) => remove(key(item, 'd1')))])
  }
}

async function list(port: MetadataStore, ...items: readonly string[]): Promise<Revision> {
  return await mustCommit(
    port,
    items.map((item) => put(key(item, 'd1'))),
  )
}

async function expectHolds(port: MetadataStore, expectation: Expectation, what: string): Promise<void> {
  const { status } = await commitOne(port, [put(key('out'))], [expectation])
  expectEqual(status, 'committed', `the range holds: ${what}`)
}

async function expectFails(port: MetadataStore, expectation: Expectation, what: string): Promise<void> {
  const { status } = await commitOne(port, [put(key('out'))], [expectation])
  expectEqual(status, 'conflict', `the range fails: ${what}`)
}
