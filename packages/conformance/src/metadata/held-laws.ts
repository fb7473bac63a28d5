import type { Commit, MetadataStore, Revision } from 'nexusfs'
import { expectEqual, expectThat, LawBroken, settle } from '../expect.ts'
import type { HeldCommit, LawContext, LawRequirement } from '../law.ts'
import { Feed } from './feed.ts'
import {
  at,
  commitOf,
  commitOne,
  entryOf,
  itemsOf,
  key,
  type MetadataLaw,
  mustCommit,
  pageOf,
  put,
  revisionOf,
  scan,
  slotKey,
  upTo,
} from './fixtures.ts'
import { sentences } from './sentences.ts'

const requires: LawRequirement<MetadataStore> = {
  description: 'the hook commitHeld',
  isMet: (subject) => subject.hooks?.commitHeld !== undefined,
}

/** Laws about a commit that has drawn its revision and is not yet visible, while later ones are. */
export const heldLaws: readonly MetadataLaw[] = [
  {
    id: 'horizon-held',
    member: 'horizon',
    title: 'the horizon stays below a commit that runs, whatever is committed after it, and reaches both once it has ended',
    sentence: sentences.horizon,
    requires,
    async check(context) {
      const { port } = context
      const held = await hold(context, commitOf([put(slotKey('', 0))]))
      const later: Revision[] = []
      const horizons: Revision[] = []
      for (const round of upTo(3)) {
        later.push(await mustCommit(port, [put(key(`item-${round}`))]))
        horizons.push(await port.horizon())
      }
      const revision = await release(held)
      const isBelow = horizons.every((horizon) => horizon < revision)
      expectThat(isBelow, 'below the commit that ran', { expected: `below ${revision}`, actual: horizons })
      const highest = Math.max(revision, ...later)
      const horizon = await port.horizon()
      expectThat(horizon >= highest, 'all commits are reached', { expected: highest, actual: horizon })
    },
  },
  {
    id: 'horizon-held-oldest',
    member: 'horizon',
    title: 'the horizon stays below the oldest commit that runs, when a younger one ends first',
    sentence: sentences.horizon,
    requires,
    async check(context) {
      const older = await hold(context, commitOf([put(key('older'))]))
      const younger = await hold(context, commitOf([put(key('younger'))]))
      await release(younger)
      await mustCommit(context.port, [put(key('last'))])
      const horizon = await context.port.horizon()
      const revision = await release(older)
      expectThat(horizon < revision, 'below the oldest', { expected: `below ${revision}`, actual: horizon })
    },
  },
  {
    id: 'held-invisible',
    member: 'commit',
    title: 'a commit that runs is not visible in get or scan, and all of it is once it has ended',
    sentence: sentences.atomic,
    requires,
    async check(context) {
      const { port } = context
      const held = await hold(context, commitOf([put(key('a')), put(key('b'))]))
      await mustCommit(port, [put(key('c'))])
      const before = await port.read({ get: [key('a')], scan: [scan('g')] })
      await release(held)
      expectEqual(before.get, [undefined], 'not found while it ran')
      expectEqual(before.scan[0]?.entries.length, 1, 'not listed while it ran')
      expectEqual(await itemsOf(port, scan('g')), ['a', 'b', 'c'], 'visible once it has ended')
    },
  },
  {
    id: 'held-order',
    member: 'commit',
    title: 'a commit keeps the revision it has drawn, below those of commits that began and ended while it ran',
    sentence: sentences.serial,
    requires,
    async check(context) {
      const { port } = context
      const held = await hold(context, commitOf([put(slotKey('', 0), 'held')]))
      const later = await mustCommit(port, [put(slotKey('', 0), 'later')])
      const revision = await release(held)
      expectThat(revision < later, 'the revision it drew', { expected: `below ${later}`, actual: revision })
      const page = await pageOf(port, scan('l'))
      expectEqual(
        page.entries.map((entry) => entry.revision),
        [revision, later],
        'its key has its position in the order',
      )
    },
  },
  {
    id: 'held-expectation',
    member: 'commit',
    title: 'an expectation about a key that a running commit writes is not answered from before it',
    sentence: sentences.serial,
    requires,
    async check(context) {
      const { port } = context
      const before = await mustCommit(port, [put(key('a'), 'before')])
      const held = await hold(context, commitOf([put(key('a'), 'held')], [at(key('a'), before)]))
      const racing = settle(() => commitOne(port, [put(key('a'), 'racing')], [at(key('a'), before)]))
      await port.horizon()
      const revision = await release(held)
      const outcome = await racing
      if (outcome.status === 'rejected') throw outcome.reason
      expectEqual(outcome.value.status, 'conflict', 'the other commit conflicts')
      expectEqual((await entryOf(port, key('a')))?.revision, revision, 'nothing is lost')
    },
  },
  {
    id: 'held-feed',
    member: 'horizon',
    title: 'a feed that advances to horizons delivers each commit once, in order, across a commit that ran for long',
    sentence: sentences.horizon,
    requires,
    async check(context) {
      const { port } = context
      const feed = new Feed(port)
      const committed = [await mustCommit(port, [put(slotKey('', 0))])]
      await feed.advance()
      const held = await hold(context, commitOf([put(slotKey('', 0))]))
      for (const _round of upTo(3)) {
        committed.push(await mustCommit(port, [put(slotKey('', 0))]))
        await feed.advance()
      }
      committed.push(await release(held))
      await feed.advance()
      committed.push(await mustCommit(port, [put(slotKey('', 0))]))
      await feed.advance()
      feed.expectDelivered(committed)
    },
  },
  {
    id: 'held-read-at',
    member: 'horizon',
    title: 'what a horizon shows of the past stays the same when an older commit ends',
    sentence: sentences.horizon,
    requires,
    async check(context) {
      const { port } = context
      await mustCommit(port, [put(slotKey('', 0))])
      const held = await hold(context, commitOf([put(slotKey('', 0))]))
      await mustCommit(port, [put(slotKey('', 0))])
      const horizon = await port.horizon()
      const before = await revisionsUpTo(port, horizon)
      await release(held)
      expectEqual(await revisionsUpTo(port, horizon), before, 'the log up to the horizon')
    },
  },
]

async function hold({ subject, port, namespace }: LawContext<MetadataStore>, commit: Commit): Promise<HeldCommit> {
  const held = await subject.hooks?.commitHeld?.(port, namespace, [commit])
  if (held === undefined) throw new LawBroken('the hook commitHeld is there')
  return held
}

async function release(held: HeldCommit): Promise<Revision> {
  const [result] = await held.release()
  return revisionOf(result)
}

async function revisionsUpTo(port: MetadataStore, horizon: Revision): Promise<readonly number[]> {
  const page = await pageOf(port, scan('l'))
  return page.entries.map((entry) => entry.revision).filter((revision) => revision <= horizon)
}
