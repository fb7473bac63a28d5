import type { Revision } from '../../core/revision.ts'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import { expectEqual, expectThat, LawBroken } from '../expect.ts'
import { clientsShareAPlace } from '../law.ts'
import { together } from './alongside.ts'
import {
  absent,
  at,
  commitOne,
  entryOf,
  key,
  type MetadataLaw,
  mustCommit,
  pageOf,
  put,
  remove,
  scan,
  slotKey,
  upTo,
} from './fixtures.ts'
import { sentences } from './sentences.ts'

export const orderLaws: readonly MetadataLaw[] = [
  {
    id: 'commit-serial',
    title: 'concurrent increments of one counter are all counted, in the order of their revisions',
    sentence: sentences.serial,
    check: ({ port }) => checkCounter(port, [port, port, port, port]),
  },
  {
    id: 'commit-serial-clients',
    title: 'increments by two clients of one place are all counted, in the order of their revisions',
    sentence: sentences.serial,
    requires: clientsShareAPlace(),
    async check({ port, openAnother }) {
      const other = await openAnother()
      await checkCounter(port, [port, other, port, other])
    },
  },
  {
    id: 'commit-real-time',
    title: 'a commit called after another client had the acknowledgement of its own gets a higher revision',
    sentence: sentences.realTime,
    requires: clientsShareAPlace(),
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

const increments = 12

/** Each worker increments the counter by compare and set, and logs the value it wrote under its revision. */
async function checkCounter(port: MetadataStore, workers: readonly MetadataStore[]): Promise<void> {
  await mustCommit(port, [put(key('counter'), '0')])
  await together(workers.map((worker) => () => incrementOften(worker)))
  const total = workers.length * increments
  const counter = await entryOf(port, key('counter'))
  expectEqual(numberOf(counter?.value), total, 'the counter holds the number of increments')
  const log = await pageOf(port, scan('l'))
  const expected = upTo(total).map((index) => index + 1)
  expectEqual(
    log.entries.map((entry) => numberOf(entry.value)),
    expected,
    'each revision order is the order of the values',
  )
}

async function incrementOften(port: MetadataStore): Promise<void> {
  for (const _round of upTo(increments)) await increment(port)
}

async function increment(port: MetadataStore): Promise<void> {
  for (const _attempt of upTo(500)) {
    const entry = await entryOf(port, key('counter'))
    if (entry === undefined) throw new LawBroken('the counter is there')
    const next = String(numberOf(entry.value) + 1)
    const writes = [put(key('counter'), next), put(slotKey('', 0), next)]
    const result = await commitOne(port, writes, [at(entry.key, entry.revision)])
    if (result.status === 'committed') return
  }
  throw new LawBroken('an increment succeeds within 500 attempts')
}

function numberOf(value: Uint8Array | undefined): number {
  return Number(new TextDecoder().decode(value))
}
