import type { Revision } from 'nexusfs'
import { expectThat } from '../expect.ts'
import { clientsShareANamespace } from '../law.ts'
import { absent, commitOne, key, type MetadataLaw, mustCommit, put, remove, upTo } from './fixtures.ts'
import { checkCounter } from './increment.ts'
import { sentences } from './sentences.ts'

export const orderLaws: readonly MetadataLaw[] = [
  {
    id: 'commit-serial',
    member: 'commit',
    title: 'concurrent increments of one counter are all counted, in the order of their revisions',
    sentence: sentences.serial,
    check: ({ port }) => checkCounter(port, [port, port, port, port]),
  },
  {
    id: 'commit-serial-clients',
    member: 'commit',
    title: 'increments by two clients of one namespace are all counted, in the order of their revisions',
    sentence: sentences.serial,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const other = await openAnother()
      await checkCounter(port, [port, other, port, other])
    },
  },
  {
    id: 'commit-real-time',
    member: 'commit',
    title: 'a commit called after another client had the acknowledgement of its own gets a higher revision',
    sentence: sentences.realTime,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const clients = [port, await openAnother()]
      let last = 0
      for (const round of upTo(30)) {
        const revision = await mustCommit(clients[round % 2] ?? port, [put(key(`item-${round % 5}`))])
        expectThat(revision > last, `round ${round}: above the revision before`, { expected: `above ${last}`, actual: revision })
        last = revision
      }
    },
  },
  {
    id: 'commit-revisions-rise',
    member: 'commit',
    title: 'every commit gets a new, higher, whole revision: puts, deletes, and what follows a conflict',
    sentence: sentences.revision,
    async check({ port }) {
      const revisions: Revision[] = []
      for (const round of upTo(6)) {
        revisions.push(await mustCommit(port, [put(key('a'), String(round))]))
        await commitOne(port, [put(key('a'))], [absent(key('a'))])
        revisions.push(await mustCommit(port, [remove(key('a'))]))
      }
      const isRising = revisions.every((revision, index) => revision > (revisions[index - 1] ?? 0))
      expectThat(isRising && revisions.every(Number.isSafeInteger), 'whole and rising', { actual: revisions })
    },
  },
]
