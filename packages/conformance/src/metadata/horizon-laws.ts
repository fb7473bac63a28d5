import { setImmediate } from 'node:timers/promises'
import type { Revision } from 'nexusfs'
import { expectThat } from '../expect.ts'
import { clientsShareANamespace } from '../law.ts'
import { alongside } from './alongside.ts'
import { Feed } from './feed.ts'
import { commitOf, key, type MetadataLaw, mustCommit, put, revisionOf, slotKey, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

export const horizonLaws: readonly MetadataLaw[] = [
  {
    id: 'horizon-reaches',
    member: 'horizon',
    title: 'the horizon has reached a revision once it is acknowledged and nothing older runs',
    sentence: sentences.horizonReaches,
    async check({ port }) {
      for (const round of upTo(10)) {
        const revision = await mustCommit(port, [put(key(`item-${round}`))])
        const horizon = await port.horizon()
        expectThat(horizon >= revision, 'the horizon reaches the commit', { expected: revision, actual: horizon })
      }
    },
  },
  {
    id: 'horizon-reaches-others',
    member: 'horizon',
    title: 'the horizon that one client reads has reached what another had acknowledged',
    sentence: sentences.horizonReaches,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const other = await openAnother()
      for (const round of upTo(10)) {
        const revision = await mustCommit(other, [put(key(`item-${round}`))])
        const horizon = await port.horizon()
        expectThat(horizon >= revision, 'the horizon reaches the commit', { expected: revision, actual: horizon })
      }
    },
  },
  {
    id: 'horizon-monotone',
    member: 'horizon',
    title: 'the horizon never falls, while others commit',
    sentence: sentences.horizonMonotone,
    async check({ port }) {
      let last = 0
      const write = async (): Promise<void> => {
        for (const round of upTo(40)) {
          await mustCommit(port, [put(key(`item-${round % 7}`))])
          await setImmediate()
        }
      }
      await alongside(write, async () => {
        const horizon = await port.horizon()
        expectThat(horizon >= last, 'not below the one before', { expected: `at least ${last}`, actual: horizon })
        last = horizon
      })
    },
  },
  {
    id: 'horizon-final',
    member: 'horizon',
    title: 'no commit gets a number up to a horizon that was read before it was called',
    sentence: sentences.horizon,
    async check({ port }) {
      for (const round of upTo(10)) {
        await mustCommit(port, [put(key('a'), String(round))])
        const horizon = await port.horizon()
        const results = await port.commit([commitOf([put(key('b'))]), commitOf([put(key('c'))])])
        const revision = revisionOf(results[0])
        expectThat(revision > horizon, 'above the horizon', { expected: `above ${horizon}`, actual: revision })
      }
    },
  },
  {
    id: 'horizon-begins',
    member: 'horizon',
    title: 'a new store has a horizon below its first commit',
    sentence: sentences.horizon,
    async check({ port }) {
      const horizon = await port.horizon()
      expectThat(Number.isSafeInteger(horizon) && horizon >= 0, 'a whole number', { actual: horizon })
      const revision = await mustCommit(port, [put(key('a'))])
      expectThat(revision > horizon, 'above the horizon', { expected: `above ${horizon}`, actual: revision })
    },
  },
  {
    id: 'feed-exactly-once',
    member: 'horizon',
    title: 'a feed over REV keys that advances to horizons delivers each commit once, in order, while others commit',
    sentence: sentences.horizon,
    async check({ port }) {
      const feed = new Feed(port)
      const committed: Revision[] = []
      const write = async (): Promise<void> => {
        for (const _round of upTo(40)) {
          committed.push(await mustCommit(port, [put(slotKey('', 0))]))
          await setImmediate()
        }
      }
      await alongside(write, () => feed.advance())
      await feed.advance()
      feed.expectDelivered(committed)
    },
  },
]
