import { expectEqual, expectRejection, expectThat } from '../expect.ts'
import { opensAgain } from '../law.ts'
import {
  commitOne,
  entryOf,
  itemsOf,
  key,
  type MetadataLaw,
  mustCommit,
  pageOf,
  present,
  put,
  range,
  remove,
  scan,
  textOf,
  upTo,
} from './fixtures.ts'
import { entry, loadOne, streamOf } from './load-one.ts'
import { sentences } from './sentences.ts'

export const loadLaws: readonly MetadataLaw[] = [
  {
    id: 'load-keeps',
    member: 'load',
    title: 'loaded entries keep their keys, values and revisions, in whatever order they come',
    sentence: sentences.load,
    async check({ port, random }) {
      const entries = [
        entry('', 'empty', 12),
        entry('a', '', 5),
        entry('b', 'b', 900),
        entry('b\xff', 'c', 7),
        entry('c', 'd', 7),
      ]
      await port.load(streamOf(random.shuffle(entries)))
      const page = await pageOf(port, scan('g'))
      expectEqual(page.entries, entries, 'every entry, in order')
      const { get } = await port.read({ get: entries.map((loaded) => loaded.key) })
      expectEqual(get, entries, 'every entry by its key')
    },
  },
  {
    id: 'load-durable',
    member: 'load',
    title: 'what was loaded is the same, to the byte and the revision, after close and open, and so is the horizon',
    sentence: sentences.load,
    requires: opensAgain(),
    async check({ port, openAnother }) {
      await port.load(streamOf([entry('a', '', 5), entry('b', 'b', 8_000), entry('c', '\x00\xff', 7)]))
      const [page, horizon] = [await pageOf(port, scan('g')), await port.horizon()]
      await port.close()
      const reopened = await openAnother()
      expectEqual((await pageOf(reopened, scan('g'))).entries, page.entries, 'every entry, in order')
      expectEqual(await reopened.horizon(), horizon, 'the horizon')
    },
  },
  {
    id: 'load-later-higher',
    member: 'load',
    title: 'commits after a load get revisions above every loaded one',
    sentence: sentences.load,
    async check({ port }) {
      await port.load(streamOf([entry('a', '', 5), entry('b', '', 7_000), entry('c', '', 6)]))
      const revision = await mustCommit(port, [put(key('d'))])
      expectThat(revision > 7_000, 'above the highest', { expected: 'above 7000', actual: revision })
      expectEqual((await entryOf(port, key('d')))?.revision, revision, 'its entry carries it')
    },
  },
  {
    id: 'load-horizon',
    member: 'load',
    title: 'the horizon has reached what was loaded',
    sentence: sentences.horizonReaches,
    async check({ port }) {
      await loadOne(port, 4321)
      const horizon = await port.horizon()
      expectThat(horizon >= 4321, 'the horizon reaches the load', { expected: 4321, actual: horizon })
    },
  },
  {
    id: 'load-expected',
    member: 'load',
    title: 'expectations hold for loaded entries as for committed ones',
    sentence: sentences.load,
    async check({ port }) {
      await port.load(streamOf([entry('a', '', 5, 'd1'), entry('b', '', 9, 'd1')]))
      const [a] = await port.read({ get: [key('a', 'd1')] }).then(({ get }) => get)
      expectEqual(a?.revision, 5, 'the revision loaded')
      if (a === undefined) return
      const exact = [range('d1', 2, (await entryOf(port, key('b', 'd1')))?.revision ?? a.revision), present(key('b', 'd1'))]
      await mustCommit(port, [put(key('out'))], [...exact, { kind: 'at', key: a.key, revision: a.revision }])
      const { status } = await commitOne(port, [put(key('out'))], [range('d1', 2, a.revision)])
      expectEqual(status, 'conflict', 'a range with an entry above its highest revision')
    },
  },
  {
    id: 'load-not-empty',
    member: 'load',
    title: 'load into a store that holds an entry is refused, and adds nothing',
    sentence: sentences.loadEmpty,
    async check({ port }) {
      await mustCommit(port, [put(key('here'), 'kept')])
      await expectRejection(() => port.load(streamOf([entry('new', '', 5)])), 'AlreadyExists', 'load is refused')
      expectEqual(await itemsOf(port, scan('g')), ['here'], 'nothing was added')
      expectEqual(await textOf(port, key('here')), 'kept', 'nothing was changed')
    },
  },
  {
    id: 'load-again',
    member: 'load',
    title: 'a second load is refused, as the first has filled the store',
    sentence: sentences.loadEmpty,
    async check({ port }) {
      await port.load(streamOf([entry('first', '', 5)]))
      await expectRejection(() => port.load(streamOf([entry('second', '', 9)])), 'AlreadyExists', 'the second load is refused')
      expectEqual(await itemsOf(port, scan('g')), ['first'], 'only the first load is there')
    },
  },
  {
    id: 'load-nothing',
    member: 'load',
    title: 'a load of nothing leaves an empty store that works',
    sentence: sentences.load,
    async check({ port }) {
      await port.load(streamOf([]))
      expectEqual(await itemsOf(port, scan('g')), [], 'empty')
      await mustCommit(port, [put(key('a'))])
    },
  },
  {
    id: 'load-large',
    member: 'load',
    title: 'a load of 4,000 entries keeps them all',
    sentence: sentences.load,
    async check({ port }) {
      const entries = upTo(4000).map((index) => entry(String(10_000 + index), 'value', 1 + ((index * 7919) % 4000)))
      await port.load(streamOf(entries))
      for (const start of upTo(4)) {
        const bounds = { from: String(10_000 + start * 1000), to: String(11_000 + start * 1000), limit: 1000 }
        const page = await pageOf(port, scan('g', bounds))
        expectEqual(page.entries.length, 1000, 'a thousand of them')
        const revisions = entries.slice(start * 1000, (start + 1) * 1000).map((loaded) => loaded.revision)
        expectEqual(
          page.entries.map((found) => found.revision),
          revisions,
          'with their revisions',
        )
      }
    },
  },
  {
    id: 'load-after-delete',
    member: 'load',
    title: 'a store whose entries are all deleted is empty, and later commits stay above its own past',
    sentence: sentences.load,
    async check({ port }) {
      for (const round of upTo(5)) await mustCommit(port, [put(key('a'), String(round))])
      const last = await mustCommit(port, [remove(key('a'))])
      await loadOne(port, 1)
      const revision = await mustCommit(port, [put(key('b'))])
      expectThat(revision > last, 'no revision is issued twice', { expected: `above ${last}`, actual: revision })
    },
  },
]
