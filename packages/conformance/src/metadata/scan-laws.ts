import { concatBytes } from 'nexusfs/adapter-kit'
import { expectEqual, expectThat } from '../expect.ts'
import { itemsOf, key, type MetadataLaw, mustCommit, pageOf, put, scan, shownBytes, shownItems, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

export const scanLaws: readonly MetadataLaw[] = [
  {
    id: 'scan-order',
    member: 'read',
    title: 'a scan gives items in byte order, not in the order of any alphabet',
    sentence: sentences.scanOrder,
    async check({ port, random }) {
      const sorted = ['0', '10', '9', 'A', 'Z', '_', 'a', 'z', '~', 'ä', '日']
      await mustCommit(
        port,
        random.shuffle(sorted).map((item) => put(key(item))),
      )
      expectEqual(await itemsOf(port, scan('g')), sorted.map(shownBytes), 'byte order')
    },
  },
  {
    id: 'scan-order-bytes',
    member: 'read',
    title: 'bytes are unsigned: 0x00 is the lowest and 0xff the highest',
    sentence: sentences.scanOrder,
    async check({ port, random }) {
      const sorted = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff].map((byte) => Uint8Array.of(byte))
      await mustCommit(
        port,
        random.shuffle(sorted).map((item) => put(key(item))),
      )
      expectEqual(await itemsOf(port, scan('g')), sorted.map(shownBytes), 'unsigned byte order')
    },
  },
  {
    id: 'scan-order-prefix',
    member: 'read',
    title: 'an item stands before those that it is the beginning of',
    sentence: sentences.scanOrder,
    async check({ port, random }) {
      const sorted = ['p', 'p\0', 'p\0\0', 'pp', 'ppp', 'pq', 'q']
      await mustCommit(
        port,
        random.shuffle(sorted).map((item) => put(key(item))),
      )
      expectEqual(await itemsOf(port, scan('g')), sorted.map(shownBytes), 'the shorter first')
    },
  },
  {
    id: 'scan-empty-item',
    member: 'read',
    title: 'the empty item is the first of its group',
    sentence: sentences.scanOrder,
    async check({ port }) {
      await mustCommit(port, [put(key('a')), put(key(''))])
      expectEqual(await itemsOf(port, scan('g')), ['', 'a'], 'the empty item first')
    },
  },
  {
    id: 'scan-open-end',
    member: 'read',
    title: 'a scan without an end reaches items of 0xff bytes',
    sentence: sentences.scanBounds,
    async check({ port }) {
      const items = ['z', Uint8Array.of(0xff), Uint8Array.of(0xff, 0xff), new Uint8Array(100).fill(0xff)]
      await mustCommit(
        port,
        items.map((item) => put(key(item))),
      )
      expectEqual(await itemsOf(port, scan('g', { from: 'x' })), items.map(shownBytes), 'all of them')
    },
  },
  {
    id: 'scan-reverse',
    member: 'read',
    title: 'a reverse scan begins at the high end of the range',
    sentence: sentences.scanOrder,
    async check({ port }) {
      await putItems(port, 'a', 'b', 'c', 'd')
      expectEqual(await itemsOf(port, scan('g', { reverse: true, limit: 2 })), ['d', 'c'], 'the two highest, falling')
      expectEqual(await itemsOf(port, scan('g', { reverse: true })), ['d', 'c', 'b', 'a'], 'all, falling')
    },
  },
  {
    id: 'scan-reverse-bounds',
    member: 'read',
    title: 'a reverse scan too includes `from` and excludes `to`',
    sentence: sentences.scanBounds,
    async check({ port }) {
      await putItems(port, 'a', 'b', 'c', 'd', 'e')
      expectEqual(await itemsOf(port, scan('g', { from: 'b', to: 'd', reverse: true })), ['c', 'b'], 'from b to before d')
    },
  },
  {
    id: 'scan-from',
    member: 'read',
    title: '`from` is inclusive, and need not be an item',
    sentence: sentences.scanBounds,
    async check({ port }) {
      await putItems(port, 'a', 'c', 'e')
      expectEqual(await itemsOf(port, scan('g', { from: 'c' })), ['c', 'e'], 'from an item')
      expectEqual(await itemsOf(port, scan('g', { from: 'b' })), ['c', 'e'], 'from between items')
      expectEqual(await itemsOf(port, scan('g', { from: 'f' })), [], 'from above the last')
    },
  },
  {
    id: 'scan-to',
    member: 'read',
    title: '`to` is exclusive, and need not be an item',
    sentence: sentences.scanBounds,
    async check({ port }) {
      await putItems(port, 'a', 'c', 'e')
      expectEqual(await itemsOf(port, scan('g', { to: 'c' })), ['a'], 'to an item')
      expectEqual(await itemsOf(port, scan('g', { to: 'd' })), ['a', 'c'], 'to between items')
      expectEqual(await itemsOf(port, scan('g', { to: 'a' })), [], 'to the first')
    },
  },
  {
    id: 'scan-empty-bounds',
    member: 'read',
    title: 'an empty `from` is the beginning, an empty `to` leaves nothing',
    sentence: sentences.scanBounds,
    async check({ port }) {
      await putItems(port, '', 'a')
      expectEqual(await itemsOf(port, scan('g', { from: '' })), ['', 'a'], 'from the empty item')
      expectEqual(await itemsOf(port, scan('g', { to: '' })), [], 'nothing is below the empty item')
    },
  },
  {
    id: 'scan-empty-range',
    member: 'read',
    title: 'a range without items gives an empty page without more',
    sentence: sentences.scanBounds,
    async check({ port }) {
      await putItems(port, 'a', 'c', 'e')
      const ranges = [
        { from: 'c', to: 'c' },
        { from: 'd', to: 'b' },
        { from: 'ca', to: 'd' },
      ]
      for (const bounds of ranges) {
        for (const reverse of [false, true]) {
          const page = await pageOf(port, scan('g', { ...bounds, reverse, limit: 1 }))
          expectEqual(page, { entries: [], hasMore: false }, `from ${bounds.from} to ${bounds.to}`)
        }
      }
      expectEqual(await pageOf(port, scan('nobody')), { entries: [], hasMore: false }, 'a group without items')
    },
  },
  {
    id: 'scan-limit',
    member: 'read',
    title: 'a page holds at most `limit` entries, and exactly one with limit 1',
    sentence: sentences.scanLimit,
    async check({ port }) {
      await putItems(port, 'a', 'b', 'c')
      expectEqual(await itemsOf(port, scan('g', { limit: 1 })), ['a'], 'limit 1')
      expectEqual(await itemsOf(port, scan('g', { limit: 2 })), ['a', 'b'], 'limit 2')
    },
  },
  {
    id: 'scan-has-more',
    member: 'read',
    title: '`hasMore` is true only if the range holds an entry behind the page',
    sentence: sentences.hasMore,
    async check({ port }) {
      await putItems(port, 'a', 'b', 'c', 'd')
      const cases = [
        { bounds: { limit: 3 }, hasMore: true },
        { bounds: { limit: 4 }, hasMore: false },
        { bounds: { limit: 5 }, hasMore: false },
        { bounds: { limit: 2, to: 'c' }, hasMore: false },
        { bounds: { limit: 2, from: 'b' }, hasMore: true },
        { bounds: { limit: 2, from: 'c', reverse: true }, hasMore: false },
        { bounds: { limit: 1, from: 'c', reverse: true }, hasMore: true },
      ]
      for (const { bounds, hasMore } of cases) {
        const page = await pageOf(port, scan('g', bounds))
        expectEqual(page.hasMore, hasMore, `hasMore of ${JSON.stringify(bounds)} over a, b, c, d`)
      }
    },
  },
  {
    id: 'scan-pages',
    member: 'read',
    title: 'pages that each begin just above the last item give every item once',
    sentence: sentences.scanOrder,
    async check({ port }) {
      const sorted = upTo(40).map((index) => 'x'.repeat(index + 1) + (index % 3 === 0 ? '' : '\0'.repeat(index % 3)))
      await mustCommit(
        port,
        sorted.map((item) => put(key(item))),
      )
      const found: string[] = []
      let from: Uint8Array | undefined
      for (let pages = 0; pages <= sorted.length; pages++) {
        const page = await pageOf(port, scan('g', { from, limit: 7 }))
        found.push(...shownItems(page))
        const last = page.entries.at(-1)
        if (!page.hasMore || last === undefined) break
        from = concatBytes(last.key.item, Uint8Array.of(0))
      }
      expectEqual(found, sorted.map(shownBytes), 'each item once, in order')
    },
  },
  {
    id: 'scan-group',
    member: 'read',
    title: 'a scan stays in its group',
    sentence: sentences.scanBounds,
    async check({ port }) {
      const groups = ['g', 'g\0', 'ga', 'f', 'f\xff', 'h']
      await mustCommit(
        port,
        groups.map((group) => put(key('a', group), group)),
      )
      for (const group of groups) {
        for (const reverse of [false, true]) {
          const page = await pageOf(port, scan(group, { reverse }))
          expectEqual(
            page.entries.map((entry) => entry.key),
            [key('a', group)],
            `only the item of ${shownBytes(group)}`,
          )
        }
      }
    },
  },
  {
    id: 'scan-several',
    member: 'read',
    title: 'several scans in one read are answered each with its own page, in order',
    sentence: sentences.scanPages,
    async check({ port }) {
      await putItems(port, 'a', 'b', 'c')
      await mustCommit(port, [put(key('z', 'g2'))])
      const scans = [scan('g', { from: 'b' }), scan('g2'), scan('g', { to: 'b' }), scan('g', { reverse: true, limit: 1 })]
      const reply = await port.read({ scan: scans })
      expectEqual(reply.scan.map(shownItems), [['b', 'c'], ['z'], ['a'], ['c']], 'a page for each scan')
    },
  },
  {
    id: 'scan-large',
    member: 'read',
    title: 'a scan of 3,000 entries gives them all in one page or says that there are more',
    sentence: sentences.scanLimit,
    async check({ port }) {
      const items = upTo(3000).map((index) => String(10_000 + index))
      await mustCommit(
        port,
        items.map((item) => put(key(item))),
      )
      const page = await pageOf(port, scan('g'))
      const isWhole = page.entries.length === items.length && !page.hasMore
      expectThat(isWhole || page.hasMore, 'no entry is left out silently', { actual: page.entries.length })
      expectEqual(shownItems(page), items.slice(0, page.entries.length), 'in order, without holes')
    },
  },
]

async function putItems(port: Parameters<typeof mustCommit>[0], ...items: readonly string[]): Promise<void> {
  await mustCommit(
    port,
    items.map((item) => put(key(item))),
  )
}
