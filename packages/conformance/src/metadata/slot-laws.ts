import type { MetadataStore } from 'nexusfs'
import { binaryText, concatBytes, readUint64, revisionsPerEpoch, toRevision, uint64 } from 'nexusfs/adapter-kit'
import { expectEqual, expectThat } from '../expect.ts'
import {
  type Bytes,
  bytesOf,
  commitOf,
  entryOf,
  itemsOf,
  key,
  type MetadataLaw,
  mustCommit,
  pageOf,
  put,
  remove,
  revisionOf,
  scan,
  shownBytes,
  slotKey,
  upTo,
} from './fixtures.ts'
import { loadOne } from './load-one.ts'
import { sentences } from './sentences.ts'

export const slotLaws: readonly MetadataLaw[] = [
  {
    id: 'slot-start',
    member: 'commit',
    title: 'a REV slot at the start of an item is filled there',
    sentence: sentences.slot,
    check: ({ port }) => expectFilled(port, 'after', 0),
  },
  {
    id: 'slot-middle',
    member: 'commit',
    title: 'a REV slot within an item is filled there',
    sentence: sentences.slot,
    check: ({ port }) => expectFilled(port, 'name\0after', 5),
  },
  {
    id: 'slot-end',
    member: 'commit',
    title: 'a REV slot at the end of an item is filled there',
    sentence: sentences.slot,
    check: ({ port }) => expectFilled(port, 'before', 6),
  },
  {
    id: 'slot-order',
    member: 'commit',
    title: 'keys of later commits stand behind those of earlier ones',
    sentence: sentences.slot,
    async check({ port }) {
      await loadOne(port, 250)
      const revisions: number[] = []
      for (const round of upTo(12)) revisions.push(await mustCommit(port, [put(slotKey('', 0), String(round))]))
      const page = await pageOf(port, scan('l'))
      expectEqual(
        page.entries.map((entry) => readUint64(entry.key.item)),
        revisions,
        'in the order of the commits',
      )
    },
  },
  {
    id: 'slot-large-revision',
    member: 'commit',
    title: 'a REV slot holds all 8 bytes of a large revision',
    sentence: sentences.slot,
    async check({ port }) {
      const loaded = 1000 * revisionsPerEpoch + 2 ** 32 + 12_345
      await loadOne(port, loaded)
      const revision = await mustCommit(port, [put(slotKey('', 0))])
      expectThat(revision > loaded, 'the revision is above the one loaded', { actual: revision })
      expectEqual(await itemsOf(port, scan('l')), [shownBytes(uint64(revision))], 'all 8 bytes')
    },
  },
  {
    id: 'slot-list',
    member: 'commit',
    title: 'each member of a list fills slots with its own revision',
    sentence: sentences.slot,
    async check({ port }) {
      const results = await port.commit(upTo(5).map((index) => commitOf([put(slotKey('', 0), String(index))])))
      const page = await pageOf(port, scan('l'))
      const expected = results.map(revisionOf)
      expectEqual(
        page.entries.map((entry) => readUint64(entry.key.item)),
        expected,
        'a key for each member',
      )
    },
  },
  {
    id: 'slot-several',
    member: 'commit',
    title: 'all slots of one commit hold its one revision, and plain keys are left as they are',
    sentence: sentences.slot,
    async check({ port }) {
      const plain = key(concatBytes(bytesOf('plain'), new Uint8Array(8)), 'l')
      const revision = await mustCommit(port, [put(slotKey('a', 1)), put(plain), put(slotKey('b', 0)), put(slotKey('c', 1))])
      const slot = uint64(revision)
      const expected = [
        concatBytes(slot, bytesOf('b')),
        concatBytes(bytesOf('a'), slot),
        concatBytes(bytesOf('c'), slot),
        plain.item,
      ]
      expectEqual(await itemsOf(port, scan('l')), expected.map(shownBytes), 'four keys')
    },
  },
  {
    id: 'slot-key-usable',
    member: 'commit',
    title: 'a key whose slot is filled is read, expected and deleted like any other',
    sentence: sentences.slot,
    async check({ port }) {
      const revision = await mustCommit(port, [put(slotKey('at-', 3), 'value')])
      const target = key(concatBytes(bytesOf('at-'), uint64(revision)), 'l')
      await mustCommit(port, [remove(target)], [{ kind: 'at', key: target, revision }])
      expectEqual(await entryOf(port, target), undefined, 'deleted')
      expectEqual(await itemsOf(port, scan('l')), [], 'not listed')
    },
  },
  {
    id: 'revision-exact',
    member: 'commit',
    title: 'revisions near 2^53 are exact whole numbers, in results, entries, conflicts and expectations',
    sentence: sentences.revision,
    async check({ port }) {
      await loadOne(port, 1000 * revisionsPerEpoch + 1_234_567)
      const first = await mustCommit(port, [put(key('a'))])
      const second = await mustCommit(port, [put(key('a'))])
      expectThat(Number.isSafeInteger(second) && second > first, 'exact and rising', { actual: [first, second] })
      expectEqual((await entryOf(port, key('a')))?.revision, second, 'the revision of the entry')
      const stale = await port.commit([commitOf([put(key('a'))], [{ kind: 'at', key: key('a'), revision: first }])])
      expectEqual(stale, [{ status: 'conflict', expectation: 0, found: second }], 'the revision of the conflict')
      const hole = toRevision(second - 1)
      await mustCommit(port, [put(key('b', 'd1'))])
      const [result] = await port.commit([
        commitOf([put(key('a'))], [{ kind: 'range', range: { group: bytesOf('d1') }, count: 1, maxRevision: hole }]),
      ])
      expectEqual(result?.status, 'conflict', 'a range told apart by a few revisions')
    },
  },
]

async function expectFilled(port: MetadataStore, item: Bytes, revisionAt: number): Promise<void> {
  await mustCommit(port, [put(key('first'))])
  const revision = await mustCommit(port, [put(slotKey(item, revisionAt), 'value')])
  const bytes = bytesOf(item)
  const filled = concatBytes(bytes.subarray(0, revisionAt), uint64(revision), bytes.subarray(revisionAt))
  expectEqual(await itemsOf(port, scan('l')), [shownBytes(filled)], 'the item with the revision in its slot')
  const entry = await entryOf(port, key(filled, 'l'))
  expectEqual(entry && binaryText(entry.key.item), binaryText(filled), 'it is found under that key')
}
